/** A broker, one of whose topics begins where its archive does: whoever reads it needs to know of no archive. */
import type { Archive } from './archive.ts';
import type { Broker, PartitionOffsets } from './broker.ts';
import { consumeHistory } from './consume-history.ts';
import { joinExtents, readHistory, type History } from './read-history.ts';

export interface ArchiveUse {
  /** Where archive and broker do not meet, go by the broker alone: for who needs the archive only now and then. */
  readonly optional?: boolean;
}

/** What this adds to `broker`: ranges, offsets and consumers of `topic` reach back into the archive. */
export function withArchive(broker: Broker, topic: string, archive: Archive, { optional }: ArchiveUse = {}): Broker {
  const history: History = { broker, topic, archive };
  const joined = async (held: PartitionOffsets): Promise<PartitionOffsets> => {
    const extent = await archive.extent(held.partition);
    if (optional && (extent.to < held.low || extent.to > held.high)) return held;
    const { from: low, to: high } = joinExtents(held, extent);
    return { partition: held.partition, low, high };
  };
  return {
    producer: () => broker.producer(),
    consume: (options) => (options.topics.includes(topic) ? consumeHistory(history, options) : broker.consume(options)),
    follow: (options) => broker.follow(options),
    createTopics: (topics) => broker.createTopics(topics),
    deleteTopics: (names) => broker.deleteTopics(names),
    committed: (group, of) => broker.committed(group, of),
    close: () => broker.close(),
    read: (range) => (range.topic === topic ? readHistory(history, range) : broker.read(range)),
    offsets: async (of) => {
      const held = await broker.offsets(of);
      return of === topic ? Promise.all(held.map(joined)) : held;
    },
  };
}
