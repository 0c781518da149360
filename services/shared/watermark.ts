/** The stored form of a watermark: text, so that an operator can read it in any store. Pure. */
import { LikenessError } from './errors.ts';
import type { Watermark } from './profile-store.ts';

/** `offset timestamp definition`. Equal watermarks have equal bytes: stores compare and set by them. */
export function encodeWatermark(watermark: Watermark): string {
  return `${watermark.offset} ${watermark.timestamp} ${watermark.definition}`;
}

/** Throws LikenessError `BadData` if the text is none of encodeWatermark's. */
export function decodeWatermark(text: string): Watermark {
  const match = /^(\d+) (-?\d+) (.*)$/s.exec(text);
  if (match === null)
    throw new LikenessError('BadData', `The profile store holds ${JSON.stringify(text)} where a watermark should be.`);
  return { offset: Number(match[1]), timestamp: Number(match[2]), definition: match[3]! };
}
