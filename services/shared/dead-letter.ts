/** The text of a dead letter, around the line that was refused. Pure. */
import type { DeadLetter } from './event.ts';
import { maxBytesPerRecord } from './record.ts';

/** Escaped, so much text still fits into one record of the broker. */
const maxKeptText = 64 * 1024;

/**
 * `line` is kept as it is if it is JSON (not parsed and written again: it is to stay untouched), else as text, cut only
 * where no record could hold it.
 */
export function encodeDeadLetter(letter: Omit<DeadLetter, 'event'>, line: string): string {
  return `${JSON.stringify(letter).slice(0, -1)},"event":${keptEvent(line)}}`;
}

function keptEvent(line: string): string {
  return line.length <= maxBytesPerRecord && isJson(line) ? line : JSON.stringify(line.slice(0, maxKeptText));
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
