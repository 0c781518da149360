/**
 * A Kafka record holds one or many events as JSON Lines (UTF-8, one event a line, no empty line, `\n` between them).
 * Events of one request and partition share a record, because records, not bytes, are what Kafka clients pay for.
 */

/** At most so many events share a record, so that one store commit can always hold a whole record. */
const maxEventsPerRecord = 500;
/** At most so many bytes share a record (one larger event still travels alone): well below the broker's 1 MB. */
export const maxBytesPerRecord = 256 * 1024;

export function packLines(lines: readonly string[]): Buffer[] {
  const records: Buffer[] = [];
  for (let start = 0; start < lines.length;) {
    const end = endOfRecord(lines, start);
    records.push(Buffer.from(lines.slice(start, end).join('\n')));
    start = end;
  }
  return records;
}

/** One past the last line that fits. UTF-8 has at most three bytes for a UTF-16 unit, so most lines need no counting. */
function endOfRecord(lines: readonly string[], start: number): number {
  const last = Math.min(lines.length, start + maxEventsPerRecord);
  let counted = start;
  let bytes = 0;
  let most = 0;
  for (let index = start; index < last; index++) {
    most += lines[index]!.length * 3 + 1;
    if (most <= maxBytesPerRecord) continue;
    for (; counted <= index; counted++) {
      bytes += Buffer.byteLength(lines[counted]!) + 1;
      if (bytes > maxBytesPerRecord && counted > start) return counted;
    }
    most = bytes;
  }
  return last;
}

/** The lines of a record; parsing them is the caller's, because one bad line must not spoil its neighbours. */
export function unpackLines(value: Uint8Array): string[] {
  if (value.length === 0) return [];
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8').split('\n');
}
