/** The one order of events: time, then the 8-byte hash of the id, then the id by its bytes. */
import { idHash64 } from '../../../services/shared/id-hash.ts';
import type { Judged } from './verdict.ts';

/** The hash is stated as part of the format and has its own golden test; everything else here is the oracle's own. */
export function hashText(text: string): string {
  const [hi, lo] = idHash64(text);
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
}

export const compareUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const compareHex = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function compareEvents(a: Judged, b: Judged): number {
  return (
    a.time - b.time || compareHex(hashText(a.event.id), hashText(b.event.id)) || compareUtf8(a.event.id, b.event.id)
  );
}
