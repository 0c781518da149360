/** Seeded bodies for an ingest, most of them bad: what a sender, a broken proxy or an attacker may send. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { createRandom, type Random } from '../chaos/random.ts';
import { faults, nest } from './faults.ts';

export interface BadBody {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** The body before compression; undefined where there is no such thing. */
  readonly text?: string;
  /** Sent in chunks, without its length. */
  readonly chunked: boolean;
}

const mebibyte = 1024 * 1024;

/** Built once: a bomb is the same bytes whoever sends it. */
function makeBombs() {
  const zeros = Buffer.alloc(64 * mebibyte);
  const spaces = Buffer.alloc(64 * mebibyte, ' ');
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const list = Buffer.concat([Buffer.from('['), Buffer.alloc(32 * mebibyte, '{},'), Buffer.from('{}]')]);
  return [
    { encoding: 'gzip', bytes: gzipSync(zeros, { level: 1 }) },
    { encoding: 'gzip', bytes: gzipSync(spaces, { level: 9 }) },
    { encoding: 'deflate', bytes: deflateSync(spaces, { level: 1 }) },
    { encoding: 'br', bytes: brotliCompressSync(zeros, brotli) },
    { encoding: 'br', bytes: brotliCompressSync(list, brotli) },
    { encoding: 'gzip', bytes: gzipSync(list, { level: 1 }) },
    { encoding: 'gzip', bytes: gzipSync(gzipSync(zeros)) },
  ] as const;
}

const paths = ['/v1/events', '/v1/batch', '/v1/track', '/v1/identify', '/v1/t', '/v1/b'] as const;
const contentTypes = [
  'application/json',
  'application/x-ndjson',
  'text/plain',
  'application/x-www-form-urlencoded',
  'x',
];

/** The `number`-th body of a seed. */
export function createBadBodies(seed: number) {
  const random = createRandom(seed);
  const bombs = makeBombs();
  const shapes: ((
    name: string,
  ) => Omit<BadBody, 'headers' | 'chunked'> & { encoding?: string; contentType?: string })[] = [
    (name) => eventBody(random, name),
    (name) => eventBody(random, name),
    (name) => segmentBody(random, name),
    (name) => segmentBody(random, name),
    (name) => itemBody(random, name),
    (name) => broken(random, eventBody(random, name)),
    (name) => broken(random, segmentBody(random, name)),
    () => noise(random),
    () => structureBomb(random),
    () => ({ method: 'POST', path: random.pick(paths), ...random.pick(bombs) }),
  ];
  return (number: number): BadBody => {
    const shape = random.pick(shapes)(`b${seed}-${number}`);
    const compressed = shape.encoding === undefined && random.chance(0.3) ? compress(random, shape.bytes) : shape;
    const { encoding } = compressed;
    return {
      method: shape.method,
      path: shape.path,
      bytes: compressed.bytes,
      ...(shape.text !== undefined && { text: shape.text }),
      chunked: random.chance(0.1),
      headers: {
        'content-type': shape.contentType ?? random.pick(contentTypes),
        ...(encoding !== undefined && { 'content-encoding': random.chance(0.03) ? 'zstd' : encoding }),
      },
    };
  };
}

function compress(random: Random, bytes: Buffer): { bytes: Buffer; encoding: string } {
  const fast = { level: 1 };
  const encoding = random.pick(['gzip', 'deflate', 'br'] as const);
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const packed = {
    gzip: () => gzipSync(bytes, fast),
    deflate: () => deflateSync(bytes, fast),
    br: () => brotliCompressSync(bytes, quick),
  };
  const whole = packed[encoding]();
  // Now and then the end is missing, or the name is wrong.
  if (random.chance(0.1)) return { bytes: whole.subarray(0, random.between(0, whole.length - 1)), encoding };
  return { bytes: whole, encoding: random.chance(0.05) ? 'gzip' : encoding };
}

function eventBody(random: Random, name: string) {
  const size = random.chance(0.01) ? random.between(2400, 2600) : random.skewed(40);
  const entries = Array.from({ length: size }, (_, index) => entryText(random, `${name}-${index}`));
  const asLines = random.chance(0.4);
  const text = asLines ? entries.join('\n') : `[${entries.join(',')}]`;
  const contentType = asLines
    ? 'application/x-ndjson'
    : random.pick(contentTypes.filter((type) => !type.includes('ndjson')));
  return { method: 'POST' as const, path: '/v1/events', text, bytes: Buffer.from(text), contentType };
}

/** The text of one canonical event; now and then with something wrong. */
function entryText(random: Random, id: string): string {
  const event: Record<string, unknown> = {
    id,
    type: random.pick(['view', 'cart', 'purchase', 'nonsense']),
    time: new Date(1.7e12 + random.between(0, 1e9)).toISOString(),
    userId: `user-${random.between(0, 500)}`,
    value: random.next() * 100,
    properties: { text: 'ü'.repeat(random.skewed(400)) },
  };
  if (random.chance(0.6)) return JSON.stringify(event);
  return random.pick(faults)(random, event);
}

function segmentBody(random: Random, name: string) {
  const path = random.pick(paths.slice(1));
  const calls = Array.from({ length: random.skewed(30) + 1 }, (_, index) => callText(random, `${name}-${index}`));
  const isBatch = path === '/v1/batch' || path === '/v1/b';
  const key = random.chance(0.95) ? ',"writeKey":"the-key"' : ',"writeKey":"wrong"';
  const text = isBatch
    ? `{"batch":[${calls.join(',')}]${key},"sentAt":"2024-05-01T00:00:00Z"}`
    : `${calls[0]!.replace(/\}$/, '')}${key}}`;
  return { method: 'POST' as const, path, text, bytes: Buffer.from(text) };
}

function callText(random: Random, messageId: string): string {
  const products = Array.from({ length: random.skewed(random.chance(0.02) ? 3000 : 12) }, (_, index) => ({
    product_id: `p${index}`,
    price: random.pick([1, '2.5', null, {}]),
  }));
  const call = {
    messageId,
    userId: random.pick<unknown>(['u1', 7, '', null, {}]),
    anonymousId: random.pick<unknown>(['a1', 'a2', null]),
    type: random.pick<unknown>(['track', 'track', 'track', 'identify', 'page', 'alias', 'nonsense', 7]),
    event: random.pick<unknown>([
      'Product Viewed',
      'Order Completed',
      'Order Refunded',
      'Something Else',
      '!',
      7,
      '__proto__',
      'constructor',
    ]),
    timestamp: random.pick<unknown>(['2024-05-01T00:00:00Z', '2024-05-01T00:00:00Z', 'never', 7, undefined]),
    properties: random.pick<unknown>([
      { products, coupon: 'x'.repeat(random.skewed(3000)) },
      { products },
      { product_id: 'p1' },
      [],
      null,
      'x',
    ]),
  };
  const text = JSON.stringify(call);
  return random.chance(0.1)
    ? text.replace(/\}$/, `,"integrations":${random.pick(['{"__proto__":1}', nest(30), '{"All":true}'])}}`)
    : text;
}

function itemBody(random: Random, name: string) {
  const items = Array.from({ length: random.skewed(20) }, (_, index) => ({
    itemId: random.pick<unknown>([`${name}-${index}`, `${name}-${index}`, '', 7, 'x'.repeat(300)]),
    price: random.pick<unknown>([1, null, '2', undefined]),
    title: random.pick<unknown>(['cup', null, 7, undefined]),
    colour: random.chance(0.1) ? 'red' : undefined,
  }));
  const text = JSON.stringify(items);
  return { method: 'PUT' as const, path: '/v1/items', text, bytes: Buffer.from(text), contentType: 'application/json' };
}

/** A body that a broken proxy has passed on: cut, with bytes changed, added or lost. */
function broken<Body extends { readonly bytes: Buffer; readonly text: string }>(
  random: Random,
  body: Body,
): Body & { text: string } {
  let bytes = Buffer.from(body.bytes);
  for (let change = random.between(1, 3); change > 0 && bytes.length > 0; change--) {
    const at = random.between(0, bytes.length - 1);
    const kind = random.pick(['cut', 'flip', 'insert', 'lose'] as const);
    if (kind === 'cut') bytes = bytes.subarray(0, at);
    if (kind === 'flip') bytes[at]! ^= 1 << random.between(0, 7);
    if (kind === 'insert')
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(random.pick(['"', '{', ']', ',', '\n', '\xff', '\\'])),
        bytes.subarray(at),
      ]);
    if (kind === 'lose') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  }
  return { ...body, bytes, text: bytes.toString('utf8') };
}

function noise(random: Random) {
  const size = random.chance(0.05) ? random.between(500_000, 3 * mebibyte) : random.skewed(2000);
  const bytes = Buffer.alloc(size);
  const alphabet = random.chance(0.5) ? Buffer.from('{}[]",:0123456789etrufalsn\\ \n') : undefined;
  for (let at = 0; at < size; at++)
    bytes[at] = alphabet ? alphabet[Math.floor(random.next() * alphabet.length)]! : Math.floor(random.next() * 256);
  return {
    method: random.pick(['POST', 'PUT'] as const),
    path: random.pick([...paths, '/v1/items', '/v1/nothing']),
    text: bytes.toString('utf8'),
    bytes,
  };
}

/** Small for the parser, large for whoever walks what it made. */
function structureBomb(random: Random) {
  const text = random.pick([
    () => nest(random.between(1000, 250_000)),
    () => `{"a":`.repeat(50_000) + '1' + '}'.repeat(50_000),
    () => `[${'0,'.repeat(200_000)}0]`,
    () => `[{"properties":{${Array.from({ length: 30_000 }, (_, index) => `"${index}":0`).join(',')}}}]`,
    () => `{"batch":[${'{},'.repeat(2499)}{}],"writeKey":"the-key"}`,
    () => `["${'\\u0000'.repeat(80_000)}"]`,
    () => `[${'1e400,'.repeat(80_000)}1]`,
    () => '\n'.repeat(400_000),
  ])();
  return { method: 'POST' as const, path: random.pick(paths), text, bytes: Buffer.from(text) };
}
