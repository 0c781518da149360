/** A topic that was made again is told by the newest record that is archived: the log has another one at its place. Pure. */
import type { RecordPlace } from '../../shared/archive.ts';
import type { BrokerRecord } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';

interface Read {
  readonly partition: number;
  readonly records: AsyncIterable<readonly BrokerRecord[]>;
}

/**
 * The records from offset `next` on. `records` begin with the one at `newest`, unless that is undefined; rejects with
 * `LogRecreated` where they begin with another.
 */
export async function* recordsFrom(
  next: number,
  newest: RecordPlace | undefined,
  { partition, records }: Read,
): AsyncGenerator<readonly BrokerRecord[]> {
  let unseen = newest;
  for await (const batch of records) {
    if (unseen !== undefined) refuseOther(batch[0], partition, unseen);
    unseen = undefined;
    const fresh = batch.filter(({ offset }) => offset >= next);
    if (fresh.length > 0) yield fresh;
  }
  if (unseen !== undefined) refuseOther(undefined, partition, unseen);
}

/** Throws `LogRecreated` where `found` is not the record that is archived. */
export function refuseOther(found: BrokerRecord | undefined, partition: number, archived: RecordPlace): void {
  const { offset, timestamp } = archived;
  if (found?.offset === offset && found.timestamp === timestamp) return;
  const other = found?.offset === offset ? found.timestamp : 'none';
  throw new LikenessError(
    'LogRecreated',
    `The newest record that is archived of partition ${partition} has offset ${offset}, appended at ${timestamp}; the ` +
      `log has another one there (${other}): the topic was made again. Move the folder of this epoch out of the archive.`,
  );
}
