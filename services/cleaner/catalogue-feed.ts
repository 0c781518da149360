/** Events that carry item attributes feed the catalogue: what they say is published to `items` when it is news. */
import { compareItems, type Catalogue, type ItemMessage } from '../shared/catalogue.ts';
import type { ItemAttributes } from '../shared/event.ts';
import type { Draft } from './step.ts';

export interface CatalogueFeed {
  /** The message to publish; undefined if the event brings nothing newer, or its item was published just now. */
  next(event: Draft, now: number): ItemMessage | undefined;
  /** These items are durable: only now does their pause begin, so that a batch that comes again publishes them again. */
  published(itemIds: Iterable<string>): void;
}

/**
 * A price that differs from event to event must not double the traffic: in each span of this length an item is
 * published at most once (its next event brings the news again), and so many items in all.
 */
export const spanMs = 60_000;
export const itemsPerSpan = 20_000;

/** Attributes that an event does not mention stay as the catalogue knows them. */
export function createCatalogueFeed(catalogue: Pick<Catalogue, 'get'>): CatalogueFeed {
  const pausing = new Set<string>();
  let spanStart = 0;
  return {
    next: (event, now) => {
      if (!event.itemId || !event.item) return undefined;
      if (now - spanStart >= spanMs) {
        pausing.clear();
        spanStart = now;
      }
      if (pausing.has(event.itemId) || pausing.size >= itemsPerSpan) return undefined;
      return newsOf(event, event.itemId, catalogue.get(event.itemId));
    },
    published: (itemIds) => {
      for (const itemId of itemIds) pausing.add(itemId);
    },
  };
}

function newsOf(event: Draft, itemId: string, known: ItemMessage | undefined): ItemMessage | undefined {
  const order = { itemId, time: event.time, id: event.id, item: {} };
  if (known !== undefined && compareItems(order, known) <= 0) return undefined;
  if (saysNothingNew(event.item ?? {}, known?.item ?? {})) return undefined;
  const said = Object.entries(event.item ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const item: ItemAttributes = { ...known?.item, ...Object.fromEntries(said) };
  return { ...order, item };
}

function saysNothingNew(said: ItemAttributes, known: ItemAttributes): boolean {
  // for…in: both are what JSON.parse made, and this is the loop that V8 caches.
  for (const key in said) {
    const attribute = key as keyof ItemAttributes;
    const value = said[attribute];
    if (value !== null && value !== undefined && known[attribute] !== value) return false;
  }
  return true;
}
