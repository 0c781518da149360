/** Looks up where a partition's profiles stand and whether its log still fits; forgets them where a rebuild was asked for. */
import type { Broker } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import type { PartitionTag, ProfileStore, Watermark } from '../shared/profile-store.ts';
import { startPosition, type Found } from './start-position.ts';

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly tag: PartitionTag;
  readonly definition: string;
}

export interface Located {
  readonly watermark: Watermark | undefined;
  /** The first offset that the profiles do not contain. */
  readonly next: number;
  /** Whether the log holds the record at the watermark, so that it can be compared. */
  readonly comparable: boolean;
}

/** Rejects with startPosition's refusals. With `rebuild` those forget the partition's profiles instead. */
export async function locate(
  ports: { readonly broker: Broker; readonly store: ProfileStore },
  place: Place,
  rebuild: boolean,
): Promise<Located> {
  const found = await look(ports, place);
  try {
    const next = startPosition(found);
    return { watermark: found.watermark, next, comparable: found.watermark !== undefined && next > found.low };
  } catch (error) {
    if (!rebuild || !(error instanceof LikenessError)) throw error;
    await ports.store.clear(place.tag);
    return { watermark: undefined, next: found.low, comparable: false };
  }
}

async function look({ broker, store }: { broker: Broker; store: ProfileStore }, place: Place): Promise<Found> {
  const { topic, partition, tag, definition } = place;
  const { watermark } = await store.read(tag, []);
  const held = (await broker.offsets(topic)).find((one) => one.partition === partition);
  if (held === undefined) throw new LikenessError('NotFound', `Topic ${topic} has no partition ${partition}.`);
  const { low, high } = held;
  return {
    topic,
    partition,
    watermark,
    low,
    high,
    definition,
    hasProfiles: watermark === undefined && (await store.hasProfiles(tag)),
  };
}
