/** Archived lines as the records that they came in: what reads a broker reads an archive. Pure. */
import type { BrokerRecord } from '../broker.ts';
import type { ArchivedLine } from './columns.ts';

/** A record may end in one group of lines and go on in the next. Gives no empty list. */
export async function* regroup(groups: AsyncIterable<readonly ArchivedLine[]>): AsyncGenerator<BrokerRecord[]> {
  let open: ArchivedLine[] = [];
  for await (const lines of groups) {
    const records: BrokerRecord[] = [];
    for (const line of lines) {
      if (open.length > 0 && open[0]!.offset !== line.offset) {
        records.push(recordOf(open));
        open = [];
      }
      open.push(line);
    }
    if (records.length > 0) yield records;
  }
  if (open.length > 0) yield [recordOf(open)];
}

function recordOf(lines: readonly ArchivedLine[]): BrokerRecord {
  const { offset, appended: timestamp } = lines[0]!;
  return { offset, key: null, timestamp, value: Buffer.from(lines.map(({ line }) => line).join('\n')) };
}
