/** Ingest over HTTP: events and items. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { event, json, now, openIngest } from '../../test/ingest/served-ingest.ts';

const { broker, ingest, close, stopAll } = await openIngest();
afterEach(stopAll);
afterAll(close);

describe('POST /v1/events', () => {
  it('stores an object, a list, lines, and what is compressed', async () => {
    const { send, stored, ids } = await ingest();
    expect(await send('/v1/events', json(event))).toMatchObject({ status: 202, body: { accepted: 1, rejected: 0 } });
    expect(await stored()).toEqual([{ ...event, ingestedAt: now, receivedAt: now }]);
    const list = json([
      { ...event, id: 'e2' },
      { ...event, id: undefined },
    ]);
    expect(await send('/v1/events', list, { 'content-type': 'application/json' })).toMatchObject({
      body: { accepted: 2 },
    });
    const lines = ['e3', 'e4'].map((id) => json({ ...event, id })).join('\n');
    expect(await send('/v1/events', lines, { 'content-type': 'application/x-ndjson' })).toMatchObject({
      body: { accepted: 2 },
    });
    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const) {
      const body = compress(json({ ...event, id: encoding }));
      expect(await send('/v1/events', body, { 'content-encoding': encoding })).toMatchObject({ status: 202 });
    }
    expect(await ids()).toEqual(['assigned', 'br', 'deflate', 'e1', 'e2', 'e3', 'e4', 'gzip']);
  });

  it('answers for each entry, and stores exactly those it accepts', async () => {
    const { send, ids } = await ingest();
    const mixed = await send('/v1/events', json([event, { ...event, id: 'bad', time: 'x' }, { ...event, id: 'e3' }]));
    expect(mixed).toMatchObject({
      status: 202,
      body: {
        accepted: 2,
        rejected: 1,
        items: [
          { index: 0, status: 202 },
          { index: 1, status: 400, code: 'NoTime' },
          { index: 2, status: 202 },
        ],
      },
    });
    const none = await send('/v1/events', json([{ ...event, id: 'bad', type: 1 }]));
    expect(none).toMatchObject({ status: 400, body: { accepted: 0, rejected: 1, code: 'NoType' } });
    expect(await send('/v1/events', '[]')).toMatchObject({ status: 202, body: { accepted: 0, rejected: 0 } });
    expect(await ids()).toEqual(['e1', 'e3']);
  });

  it('refuses bodies that cannot be read, whatever they would become, and stores nothing of them', async () => {
    const { send, ids } = await ingest();
    const zeros = Buffer.alloc(32 * 1024 * 1024);
    const bomb = gzipSync(zeros, { level: 1 });
    const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
    const refusals = await Promise.all([
      send('/v1/events', ''),
      send('/v1/events', json([event]).slice(0, -1)),
      send('/v1/events', `${json([event])}${' '.repeat(500 * 1024)}`),
      send('/v1/events', bomb, { 'content-encoding': 'gzip' }),
      send('/v1/events', brotliCompressSync(zeros, quick), { 'content-encoding': 'br' }),
      send('/v1/events', gzipSync(bomb), { 'content-encoding': 'gzip' }),
      send('/v1/events', gzipSync(json(event)).subarray(0, 30), { 'content-encoding': 'gzip' }),
      send('/v1/events', 'not gzip', { 'content-encoding': 'gzip' }),
      send('/v1/events', json(event), { 'content-encoding': 'zstd' }),
      send('/v1/events', json(event), { 'content-encoding': 'gzip, gzip' }),
      send('/v1/events', json(Array.from({ length: 2501 }, () => event))),
    ]);
    expect(refusals.map(({ status, body }) => [status, body['code']])).toEqual([
      [400, 'NotJson'],
      [400, 'NotJson'],
      [400, 'BodyTooLarge'],
      [400, 'BodyTooLarge'],
      [400, 'BodyTooLarge'],
      [400, 'NotJson'],
      [400, 'BadEncoding'],
      [400, 'BadEncoding'],
      [400, 'BadEncoding'],
      [400, 'BadEncoding'],
      [400, 'BatchTooLarge'],
    ]);
    expect(await ids()).toEqual([]);
  });

  it('knows no other paths and methods', async () => {
    const { send, base } = await ingest();
    expect(await send('/v1/nothing', '{}')).toMatchObject({ status: 404, body: { code: 'NotFound' } });
    expect(await send('/v1/events', '{}', {}, 'PUT')).toMatchObject({ status: 404 });
    expect((await fetch(`${base}/v1/events`)).status).toBe(404);
    expect((await fetch(`${base}/%ff`)).status).toBe(404);
  });
});

describe('PUT /v1/items', () => {
  it('puts items into their stream, keyed, on partition 0', async () => {
    const { send, topics } = await ingest();
    const items = [
      { itemId: 'p1', category: 'cups', price: 2 },
      { itemId: 'p2', colour: 'red' },
    ];
    expect(await send('/v1/items', json(items), {}, 'PUT')).toMatchObject({
      status: 202,
      body: { accepted: 1, rejected: 1, items: [{ status: 202 }, { status: 400, code: 'BadItem' }] },
    });
    const records = [];
    for await (const batch of broker.read({ topic: topics.items, partition: 0, from: 0, to: 1 }))
      records.push(...batch);
    expect(records.map(({ key }) => key)).toEqual(['p1']);
    expect(JSON.parse(String(records[0]!.value))).toEqual({
      itemId: 'p1',
      time: now,
      id: 'assigned:0000',
      item: { category: 'cups', price: 2 },
    });
  });
});
