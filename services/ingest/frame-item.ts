/** One item of `PUT /v1/items` → the message of the stream `items`. Pure. */
import type { ItemAttributes } from '../shared/event.ts';
import type { ItemMessage } from '../shared/catalogue.ts';
import { isLonger } from './frame-event.ts';
import { limits } from './limits.ts';
import { type Refusal, refuse } from './refusal.ts';
import { findFault, isObject, type JsonObject } from './shape.ts';
import { normaliseTime } from './time.ts';

const isText = (value: unknown) => value === null || typeof value === 'string';
const isNumber = (value: unknown) => value === null || typeof value === 'number';
const isVersion = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** Field → what it must be. Anything else is refused: a misspelt field would be lost without a word. */
const fields: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  itemId: [
    (value) => typeof value === 'string' && value !== '' && value.length <= limits.itemIdLength,
    `a string of 1 to ${limits.itemIdLength} characters`,
  ],
  version: [isVersion, 'a whole number from 0'],
  time: [(value) => normaliseTime(value) !== undefined, 'RFC 3339 with an offset'],
  category: [isText, 'a string or null'],
  brand: [isText, 'a string or null'],
  title: [isText, 'a string or null'],
  price: [isNumber, 'a number or null'],
  available: [(value) => typeof value === 'boolean', 'true or false'],
};

/** `id` decides between two messages of the same item, version and time. */
export function frameItem(value: unknown, stamp: { readonly now: string; readonly id: string }): ItemMessage | Refusal {
  if (!isObject(value)) return refuse('NotAnObject', 'an item is a JSON object');
  const fault = findFault(value) ?? findWrongField(value);
  if (fault !== undefined) return fault;
  const { itemId, version, time, ...item } = value;
  const message: ItemMessage = {
    itemId: itemId as string,
    ...(version !== undefined && { version: version as number }),
    time: normaliseTime(time) ?? stamp.now,
    id: stamp.id,
    item: item as ItemAttributes,
  };
  if (isLonger(JSON.stringify(message), limits.eventBytes))
    return refuse('EventTooLarge', `an item has at most ${limits.eventBytes} bytes`);
  return message;
}

function findWrongField(value: JsonObject): Refusal | undefined {
  if (value['itemId'] === undefined) return refuse('BadItem', 'itemId is missing');
  for (const [key, given] of Object.entries(value)) {
    if (!Object.hasOwn(fields, key))
      return refuse('BadItem', `${key} is no field of an item; there are ${Object.keys(fields).join(', ')}`);
    const [accepts, wanted] = fields[key]!;
    if (!accepts(given)) return refuse('BadItem', `${key} must be ${wanted}`);
  }
  return undefined;
}
