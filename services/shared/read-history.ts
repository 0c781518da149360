/** Reads a partition of the log from the archive and then from the broker, joined exactly at an offset. */
import type { Archive, Extent } from './archive.ts';
import type { Broker, BrokerRecord, PartitionOffsets, ReadRange } from './broker.ts';
import { LikenessError } from './errors.ts';

export interface History {
  readonly broker: Broker;
  readonly topic: string;
  /** Absent: the broker alone. */
  readonly archive?: Archive | undefined;
}

/** Which offsets can be read now, archive and broker together. Rejects with `LogGap` where they do not meet. */
export async function historyExtent(history: History, partition: number): Promise<Extent> {
  const held = await heldBy(history, partition);
  const archived = (await history.archive?.extent(partition)) ?? nothing;
  return joinExtents(held, archived);
}

const nothing: Extent = { from: 0, to: 0 };

/** What broker and archive hold together. Throws as `historyExtent` rejects. */
export function joinExtents({ partition, low, high }: PartitionOffsets, { from, to }: Extent): Extent {
  if (from === to) return { from: low, to: high };
  if (to < low) throw gap(partition, to, low);
  if (to > high) throw ahead(partition, to, high);
  return { from: Math.min(from, low), to: high };
}

/**
 * Every record with `from` ≤ offset < `to`, once, in order, as `broker.read` would give them. Rejects with `LogGap`
 * where a record of the range is neither in the archive nor in the broker (any more).
 */
export async function* readHistory(
  history: History,
  { partition, from, to }: Omit<ReadRange, 'topic'>,
): AsyncGenerator<readonly BrokerRecord[]> {
  let next = from;
  while (next < to) {
    const archived = (await history.archive?.extent(partition)) ?? nothing;
    if (next >= archived.from && next < archived.to) {
      const end = Math.min(to, archived.to);
      yield* history.archive!.read({ partition, from: next, to: end });
      next = end;
      continue;
    }
    const low = await lowest(history, partition);
    if (next < low) throw gap(partition, next, low);
    next = yield* fromBroker(history, { partition, from: next, to });
  }
}

/** Returns where it had to stop: at the end, or where the broker has let go of what comes next. */
async function* fromBroker(
  history: History,
  { partition, from, to }: Omit<ReadRange, 'topic'>,
): AsyncGenerator<readonly BrokerRecord[], number> {
  let next = from;
  for await (const records of history.broker.read({ topic: history.topic, partition, from, to })) {
    // A reader of the broker is led on to where the log begins, without a word.
    if (records[0]!.offset > next && (await lowest(history, partition)) > next) return next;
    // One whose group was joined anew may get what it had.
    const fresh = records[0]!.offset < next ? records.filter(({ offset }) => offset >= next) : records;
    if (fresh.length > 0) yield fresh;
    next = Math.max(next, records.at(-1)!.offset + 1);
  }
  return (await lowest(history, partition)) > next ? next : to;
}

const lowest = async (history: History, partition: number): Promise<number> => (await heldBy(history, partition)).low;

async function heldBy({ broker, topic }: History, partition: number): Promise<PartitionOffsets> {
  const held = (await broker.offsets(topic)).find((each) => each.partition === partition);
  if (held !== undefined) return held;
  throw new LikenessError('NotFound', `${topic} has no partition ${partition}.`);
}

function gap(partition: number, next: number, low: number): LikenessError {
  return new LikenessError(
    'LogGap',
    `Partition ${partition} is known up to offset ${next}, and the log begins at ${low}: the records between are gone. ` +
      'Raise spec.kafka.retention above the longest outage. To go on without them: LIKENESS_FROM_LOG_START=true for ' +
      'the archive, which then notes them as lost.',
  );
}

function ahead(partition: number, to: number, high: number): LikenessError {
  return new LikenessError(
    'LogAheadOfTopic',
    `The archive of partition ${partition} ends before offset ${to}, and the log before ${high}: the topic was made ` +
      'again, and the archive is of the one before. Move the folder of this epoch out of the archive.',
  );
}
