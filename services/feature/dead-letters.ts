/** Refused lines → records of events-dead. Pure. */
import type { OutgoingRecord } from '../shared/broker.ts';
import type { DeadLetter } from '../shared/event.ts';
import { maxBytesPerRecord } from '../shared/record.ts';
import type { Refusal } from './apply.ts';

/** Escaped, so much text still fits into one record of the broker. */
const maxKeptText = 64 * 1024;

/** `now` in milliseconds. The key is the line's position, so that a repetition after a crash can be recognised. */
export function deadLetters(
  refusals: readonly Refusal[],
  { topic, partition, now }: { readonly topic: string; readonly partition: number; readonly now: number },
): OutgoingRecord[] {
  return refusals.map(({ line, reason, detail }) => {
    const source = `${topic}-${partition}-${line.offset}-${line.index}`;
    const refusedAt = new Date(now).toISOString();
    const letter: Omit<DeadLetter, 'event'> = { reason, detail, source, stage: 'feature', refusedAt };
    // The event's own text, not parsed and written again: it is to be kept untouched.
    const text = `${JSON.stringify(letter).slice(0, -1)},"event":${keptEvent(line.text)}}`;
    return { partition, key: source, value: Buffer.from(text) };
  });
}

function keptEvent(text: string): string {
  return text.length <= maxBytesPerRecord && isJson(text) ? text : JSON.stringify(text.slice(0, maxKeptText));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
