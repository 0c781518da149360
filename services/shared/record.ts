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
  let start = 0;
  let bytes = 0;
  for (let index = 0; index < lines.length; index++) {
    const size = Buffer.byteLength(lines[index]!) + 1;
    if (index > start && (bytes + size > maxBytesPerRecord || index - start >= maxEventsPerRecord)) {
      records.push(Buffer.from(lines.slice(start, index).join('\n')));
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < lines.length) records.push(Buffer.from(lines.slice(start).join('\n')));
  return records;
}

/** The lines of a record; parsing them is the caller's, because one bad line must not spoil its neighbours. */
export function unpackLines(value: Uint8Array): string[] {
  if (value.length === 0) return [];
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8').split('\n');
}
