/** The catalogue of items, as the compacted stream `items` tells it: per item the greatest (version or time, id) wins. */
import type { ItemAttributes } from './event.ts';

/** One record of the stream `items`; the record's key is `itemId`, a tombstone forgets the item. */
export interface ItemMessage {
  readonly itemId: string;
  /** A counter of the sender's own. Any version beats any time: who numbers an item's versions is its authority. */
  readonly version?: number;
  /** When these attributes became true, RFC 3339 in UTC with milliseconds; orders messages without a version. */
  readonly time: string;
  /** Decides between equals: the id of the event or of the request that brought the attributes. */
  readonly id: string;
  readonly item: ItemAttributes;
}

/** `repeat`: what is known already; `older`: less than what is known, which stays. */
type Applied = 'applied' | 'repeat' | 'older' | 'malformed';

export interface Catalogue {
  /** What is known of an item; undefined: nothing. */
  get(itemId: string): ItemMessage | undefined;
  /** Keeps the message if it is greater than what is known; says whether it was. */
  offer(message: ItemMessage): boolean;
  /** The same for a record of the stream. */
  apply(record: { readonly key: string | null; readonly value: Uint8Array | null }): Applied;
  /** All items, in no order. */
  items(): IterableIterator<ItemMessage>;
  readonly size: number;
}

export function createCatalogue(): Catalogue {
  const known = new Map<string, ItemMessage>();
  const offer = (message: ItemMessage): boolean => {
    const old = known.get(message.itemId);
    if (old !== undefined && compareItems(message, old) <= 0) return false;
    known.set(message.itemId, message);
    return true;
  };
  return {
    get: (itemId) => known.get(itemId),
    offer,
    apply: ({ key, value }) => {
      if (value === null) {
        if (key !== null) known.delete(key);
        return 'applied';
      }
      const message = parseItem(value);
      if (message === undefined) return 'malformed';
      if (offer(message)) return 'applied';
      return compareItems(message, known.get(message.itemId)!) === 0 ? 'repeat' : 'older';
    },
    items: () => known.values(),
    get size() {
      return known.size;
    },
  };
}

/** Negative if `a` comes before `b` in the one order of an item's messages. */
export function compareItems(a: ItemMessage, b: ItemMessage): number {
  return (
    (a.version ?? -1) - (b.version ?? -1) ||
    (a.version === undefined ? compareText(a.time, b.time) : 0) ||
    compareText(a.id, b.id)
  );
}

/** What a clean event says of the attributes that were stamped in: which of the item's messages they are from. */
export function itemVersionOf(message: ItemMessage): string {
  return message.version === undefined ? message.time : String(message.version);
}

export function encodeItem(message: ItemMessage): { readonly key: string; readonly value: Buffer } {
  return { key: message.itemId, value: Buffer.from(JSON.stringify(message)) };
}

function parseItem(value: Uint8Array): ItemMessage | undefined {
  try {
    const message: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    return isItemMessage(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isItemMessage(message: unknown): message is ItemMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { itemId, version, time, id, item } = message as Record<string, unknown>;
  return (
    [itemId, time, id].every((text) => typeof text === 'string' && text !== '') &&
    (version === undefined || (typeof version === 'number' && version >= 0)) &&
    typeof item === 'object' &&
    item !== null
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
