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
  /** The offset to read first. */
  readonly next: number;
}

/** Rejects with startPosition's refusals. With `rebuild` those forget the partition's profiles instead. */
export async function locate(
  ports: { readonly broker: Broker; readonly store: ProfileStore },
  place: Place,
  rebuild: boolean,
): Promise<Located> {
  const found = await look(ports, place);
  try {
    return { watermark: found.watermark, next: startPosition(found) };
  } catch (error) {
    if (!rebuild || !(error instanceof LikenessError)) throw error;
    await ports.store.clear(place.tag);
    return { watermark: undefined, next: found.low };
  }
}

async function look({ broker, store }: { broker: Broker; store: ProfileStore }, place: Place): Promise<Found> {
  const { topic, partition, tag, definition } = place;
  const { watermark } = await store.read(tag, []);
  const held = (await broker.offsets(topic)).find((one) => one.partition === partition);
  if (held === undefined) throw new LikenessError('NotFound', `Topic ${topic} has no partition ${partition}.`);
  const { low, high } = held;
  const readable = watermark !== undefined && watermark.offset >= low && watermark.offset < high;
  return {
    topic,
    partition,
    watermark,
    low,
    high,
    definition,
    timestamp: readable ? await timestampAt(broker, place, watermark.offset) : undefined,
    hasProfiles: watermark === undefined && (await store.hasProfiles(tag)),
  };
}

async function timestampAt(broker: Broker, { topic, partition }: Place, offset: number): Promise<number | undefined> {
  for await (const records of broker.read({ topic, partition, from: offset, to: offset + 1 }))
    for (const record of records) if (record.offset === offset) return record.timestamp;
  return undefined;
}
