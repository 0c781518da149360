/** Cuts what a partition holds into stretches, each small enough to be held in memory and written as one segment. */
import type { BrokerRecord } from '../../shared/broker.ts';

export interface Limits {
  /** Of lines, uncompressed. */
  readonly bytes: number;
  readonly events: number;
}

export interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly records: readonly BrokerRecord[];
  readonly events: number;
}

/** `batches` hold every record with `from` ≤ offset < `to`; the last stretch reaches up to `to`. */
export async function* cutStretches(
  batches: AsyncIterable<readonly BrokerRecord[]>,
  { from, to }: { readonly from: number; readonly to: number },
  limits: Limits,
): AsyncGenerator<Stretch> {
  let open = { first: from, records: [] as BrokerRecord[], bytes: 0, events: 0 };
  for await (const records of batches)
    for (const record of records) {
      // Of its own: the broker's batch would stay in memory as long as one of its records.
      const value = record.value && Buffer.from(record.value);
      open.records.push({ ...record, value });
      open.bytes += value?.length ?? 0;
      open.events += value ? countLines(value) : 0;
      if (open.bytes < limits.bytes && open.events < limits.events) continue;
      yield { ...open, last: record.offset };
      open = { first: record.offset + 1, records: [], bytes: 0, events: 0 };
    }
  if (open.first < to) yield { ...open, last: to - 1 };
}

function countLines(value: Uint8Array): number {
  if (value.length === 0) return 0;
  let lines = 1;
  for (let at = value.indexOf(newline); at !== -1; at = value.indexOf(newline, at + 1)) lines++;
  return lines;
}

const newline = 0x0a;
