/** Logs, brokers and stores of tests, in memory. */
import type { Erasure, SegmentStore } from '../archive.ts';
import type { Broker, BrokerRecord } from '../broker.ts';
import { unpackLines } from '../record.ts';
import { erasureName, parseSegmentName, segmentName } from './segment-name.ts';

export const topic = 'default.shop.events-clean.e1';

export function eventLine(id: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ id, type: 'view', profile: 'u-1', time: '2026-01-01T00:00:00.000Z', ...more });
}

/** `lines` of one record; appended a second after the one before. */
export function recordAt(offset: number, lines: readonly string[]): BrokerRecord {
  return { offset, key: null, timestamp: 1_700_000_000_000 + offset * 1000, value: Buffer.from(lines.join('\n')) };
}

/** `offset/line` of every line, which is all that whoever reads records goes by. */
export function linesIn(records: readonly BrokerRecord[]): string[] {
  return records.flatMap(({ offset, value }) => unpackLines(value!).map((line) => `${offset}/${line}`));
}

export async function allOf<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

export function memorySegments(): SegmentStore & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  const noted = new Map<string, Erasure>();
  return {
    files,
    create: async (segment, bytes) => {
      const name = segmentName(segment);
      if (!files.has(name)) files.set(name, bytes);
    },
    get: async (segment) => files.get(segmentName(segment)),
    list: async (partition) =>
      [...files]
        .map(([name, { byteLength: bytes }]) => ({ ...parseSegmentName(name)!, bytes }))
        .filter((segment) => partition === undefined || segment.partition === partition),
    remove: async (segment) => void files.delete(segmentName(segment)),
    note: async (erasure) => void noted.set(erasureName(erasure), erasure),
    erasures: async (partition) => [...noted.values()].filter((erasure) => erasure.partition === partition),
  };
}

/** One partition, of which `trim` lets go what lies before an offset; it reads as Kafka does. */
export function memoryLog(records: readonly BrokerRecord[], batch = 3) {
  const state = { low: 0, records: [...records] };
  const high = (): number => (state.records.at(-1)?.offset ?? -1) + 1;
  const broker = {
    offsets: async () => [{ partition: 0, low: state.low, high: high() }],
    async *read({ from, to }: { from: number; to: number }) {
      for (let next = from; ;) {
        next = Math.max(next, state.low);
        const found = state.records.filter(({ offset }) => offset >= next && offset < to).slice(0, batch);
        if (found.length === 0) return;
        yield found;
        next = found.at(-1)!.offset + 1;
      }
    },
  } as unknown as Broker;
  return {
    broker,
    trim: (low: number) => void (state.low = low),
    /** As if the topic was made again, and has these records by now. */
    become: (others: readonly BrokerRecord[]) => void (state.records = [...others]),
    add: (record: BrokerRecord) => void state.records.push(record),
  };
}
