/** A log and a model store in memory, on an injected clock: enough for the trainer, the gate and whoever appends. */
import type { Broker, BrokerRecord, OutgoingRecord, PartitionOffsets } from '../../../services/shared/broker.ts';
import { LikenessError } from '../../../services/shared/errors.ts';
import type { ModelStore } from '../../../services/shared/model-store.ts';
import type { Clock } from '../../../services/shared/service.ts';

export interface MemoryLog {
  readonly broker: Broker;
  /** At once; gives the offset of the first. One partition a topic. */
  append(topic: string, records: readonly Omit<OutgoingRecord, 'partition'>[]): number;
  /** One past the last offset. */
  end(topic: string): number;
  /** From this offset on. */
  since(topic: string, from: number): readonly BrokerRecord[];
}

export function memoryLog(clock: Clock): MemoryLog {
  const topics = new Map<string, BrokerRecord[]>();
  const recordsOf = (topic: string): BrokerRecord[] => {
    const known = topics.get(topic);
    if (known !== undefined) return known;
    topics.set(topic, []);
    return topics.get(topic)!;
  };
  const append: MemoryLog['append'] = (topic, records) => {
    const held = recordsOf(topic);
    const first = held.length;
    for (const { key = null, value } of records) held.push({ offset: held.length, key, value, timestamp: clock.now() });
    return first;
  };
  const unknown = (): Promise<never> => Promise.reject(new Error('this log is read by ranges alone'));
  const broker: Broker = {
    producer: async () => ({
      send: async (topic, records) => void append(topic, records),
      close: async () => undefined,
    }),
    async *read({ topic, from, to }) {
      yield recordsOf(topic).slice(from, to);
    },
    offsets: async (topic): Promise<PartitionOffsets[]> => [{ partition: 0, low: 0, high: recordsOf(topic).length }],
    createTopics: async () => undefined,
    close: async () => undefined,
    consume: unknown,
    follow: unknown,
    deleteTopics: unknown,
    committed: unknown,
  };
  return {
    broker,
    append,
    end: (topic) => recordsOf(topic).length,
    since: (topic, from) => recordsOf(topic).slice(from),
  };
}

export function memoryModels(): ModelStore {
  const artifacts = new Map<string, ReadonlyMap<string, Uint8Array>>();
  return {
    put: async (digest, files) => void artifacts.set(digest, files),
    list: async () => [...artifacts.keys()],
    get: async (digest) => {
      const files = artifacts.get(digest);
      if (files === undefined) throw new LikenessError('NotFound', `There is no artifact ${digest}`);
      return new Map(files);
    },
  };
}
