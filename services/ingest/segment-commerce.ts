/**
 * Segment's Ecommerce v2 vocabulary → the shop's event types. Pure.
 *
 * | event | type | one per product | value |
 * |---|---|---|---|
 * | Product Viewed | view | | the product's price |
 * | Product Added | cart | | price × quantity |
 * | Order Completed | purchase | yes | price × quantity |
 * | Order Refunded | return | yes | price × quantity |
 * | Products Searched | search, `text` from query | | |
 * | Product Reviewed | review, `text` from review_body | | rating |
 *
 * The events of an order have the ids `{messageId}:{index}`. An order without products stays one event, which the
 * cleaner then finds incomplete: nothing disappears.
 */
import { limits } from './limits.ts';
import { type Refusal, refuse } from './refusal.ts';
import { isObject, type JsonObject } from './shape.ts';

interface Mapping {
  readonly type: string;
  readonly perProduct?: true;
  readonly value?: 'price' | 'amount' | 'rating';
  /** The property that holds what a person wrote. */
  readonly text?: string;
}

const mappings: Readonly<Record<string, Mapping>> = {
  'product viewed': { type: 'view', value: 'price' },
  'product added': { type: 'cart', value: 'amount' },
  'order completed': { type: 'purchase', value: 'amount', perProduct: true },
  'order refunded': { type: 'return', value: 'amount', perProduct: true },
  'products searched': { type: 'search', text: 'query' },
  'product reviewed': { type: 'review', value: 'rating', text: 'review_body' },
};

/** Of an order's properties, those that each product's event keeps. */
const orderProperties = ['order_id', 'checkout_id', 'affiliation', 'currency', 'coupon'] as const;

/** `base` has id, time, profile ids and context. */
export function mapTrack(base: JsonObject, name: unknown, properties: JsonObject): JsonObject[] | Refusal {
  if (typeof name !== 'string' || name.trim() === '')
    return refuse('NoType', 'a track call needs the name of its event');
  const key = name.trim().toLowerCase();
  const mapping = Object.hasOwn(mappings, key) ? mappings[key]! : { type: kebabCase(name) };
  if (mapping.type === '') return refuse('NoType', 'the name of an event needs a letter or digit');
  const products = properties['products'];
  if (mapping.perProduct && Array.isArray(products) && products.length > 0)
    return mapOrder(base, mapping, properties, products);
  return [{ ...base, ...describe(mapping, properties), properties }];
}

function mapOrder(
  base: JsonObject,
  mapping: Mapping,
  order: JsonObject,
  products: readonly unknown[],
): JsonObject[] | Refusal {
  if (products.length > limits.batchEvents)
    return refuse('EventTooLarge', `an order has at most ${limits.batchEvents} products`);
  const shared: JsonObject = {};
  for (const key of orderProperties) if (order[key] !== undefined) shared[key] = order[key];
  return products.map((entry: unknown, index) => {
    const product = isObject(entry) ? entry : {};
    return {
      ...base,
      id: `${String(base['id'])}:${index}`,
      ...describe(mapping, product),
      properties: { ...shared, ...product },
    };
  });
}

/** The canonical fields that a product's properties hold. */
function describe(mapping: Mapping, product: JsonObject): JsonObject {
  const fields: JsonObject = { type: mapping.type };
  const itemId = textOf(product['product_id']) ?? textOf(product['sku']);
  if (itemId !== undefined) fields['itemId'] = itemId;
  const value = valueOf(mapping, product);
  if (value !== undefined) fields['value'] = value;
  const quantity = numberOf(product['quantity']);
  if (quantity !== undefined) fields['quantity'] = quantity;
  const text = mapping.text === undefined ? undefined : textOf(product[mapping.text]);
  if (text !== undefined) fields['text'] = text;
  const item = itemId === undefined ? undefined : itemOf(product);
  if (item !== undefined) fields['item'] = item;
  return fields;
}

function valueOf(mapping: Mapping, product: JsonObject): number | undefined {
  if (mapping.value === 'rating') return numberOf(product['rating']);
  const price = numberOf(product['price']);
  if (price === undefined || mapping.value === undefined) return numberOf(product['value']);
  if (mapping.value === 'price') return price;
  // Six decimals, as sums keep them: 2.55 × 6 is 15.3 and not 15.299999999999999.
  return Math.round(price * (numberOf(product['quantity']) ?? 1) * 1e6) / 1e6;
}

function itemOf(product: JsonObject): JsonObject | undefined {
  const item: JsonObject = {};
  const known = {
    category: textOf(product['category']),
    brand: textOf(product['brand']),
    title: textOf(product['name']),
    price: numberOf(product['price']),
  };
  for (const [key, value] of Object.entries(known)) if (value !== undefined) item[key] = value;
  return Object.keys(item).length > 0 ? item : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Shops send prices as numbers and as strings. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function kebabCase(name: string): string {
  return name
    .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
}
