/** Ingest over HTTP, on the embedded log. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { breakableFolder } from '../../test/ingest/breakable-folder.ts';
import { openEmbeddedBroker } from '../shared/adapters/embedded-broker.ts';
import { type HttpServer, serveHttp } from '../shared/adapters/http.ts';
import { createTelemetry } from '../shared/adapters/telemetry.ts';
import type { Broker } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import type { RawEvent } from '../shared/event.ts';
import { unpackLines } from '../shared/record.ts';
import type { Service } from '../shared/service.ts';
import type { Topics } from '../shared/streams.ts';
import type { IngestConfig } from './config.ts';
import { type IngestDeps, start } from './service.ts';

const now = '2024-06-01T00:00:00.000Z';
const event = { id: 'e1', type: 'view', time: now, userId: 'u1' };
let folder: string;
let broker: Broker;
let runs = 0;
const running: { service: Service; http: HttpServer }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-ingest-'));
  broker = await openEmbeddedBroker(join(folder, 'log'));
});
afterEach(async () => {
  for (const { service, http } of running.splice(0)) {
    await http.close();
    await service.stop();
  }
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function ingest(config: Partial<IngestConfig> = {}, deps: Partial<IngestDeps> = {}) {
  const run = ++runs;
  const topics = { 'events-raw': `raw-${run}`, items: `items-${run}` } as unknown as Topics;
  await broker.createTopics([
    { name: topics['events-raw'], partitions: 4 },
    { name: topics.items, partitions: 1, compacted: true },
  ]);
  const telemetry = createTelemetry('ingest', 'silent');
  const clock = { now: () => Date.parse(now) };
  const service = await start(
    { partitions: 4, topics, limits: { pendingEvents: 10_000 }, open: config.writeKeysFile === undefined, ...config },
    {
      telemetry,
      clock,
      onFatal: (error) => expect.unreachable(String(error)),
      broker,
      newId: () => 'assigned',
      ...deps,
    },
  );
  const http = await serveHttp({ host: '127.0.0.1', port: 0, services: [service], telemetry });
  running.push({ service, http });
  const base = `http://127.0.0.1:${http.port}`;
  const send = async (
    path: string,
    body: string | Uint8Array,
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<Sent> => {
    const response = await fetch(base + path, { method, body, headers });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Sent['body'] };
  };
  const stored = async (topic = topics['events-raw']): Promise<RawEvent[]> => {
    const events: RawEvent[] = [];
    for (const { partition, high } of await broker.offsets(topic))
      for await (const records of broker.read({ topic, partition, from: 0, to: high }))
        for (const { value } of records)
          events.push(...unpackLines(value!).map((line) => JSON.parse(line) as RawEvent));
    return events;
  };
  const ids = async () => (await stored()).map(({ id }) => id).toSorted();
  return { base, send, stored, ids, service, topics, telemetry };
}

const json = (value: unknown) => JSON.stringify(value);
const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });

function writeKeys(): string {
  const path = join(folder, 'keys.json');
  const entry = (key: string, scopes: string[]) => ({
    name: key,
    sha256: createHash('sha256').update(key).digest('hex'),
    scopes,
  });
  writeFileSync(path, json([entry('w', ['write']), entry('i', ['write', 'import'])]));
  return path;
}

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

describe('Segment’s routes', () => {
  const call = { messageId: 'm1', type: 'track', event: 'Product Viewed', userId: 'u1', timestamp: now };

  it('take batches, single calls and what browsers send', async () => {
    const { send, stored, ids } = await ingest();
    expect(await send('/v1/batch', json({ batch: [call], writeKey: 'any' }))).toMatchObject({ status: 202 });
    expect(await send('/v1/track', json({ ...call, messageId: 'm2', type: undefined }))).toMatchObject({ status: 202 });
    expect(
      await send('/v1/i', json({ messageId: 'm3', userId: 'u1' }), { 'content-type': 'text/plain' }),
    ).toMatchObject({ status: 202 });
    const rudder = gzipSync(json({ batch: [{ ...call, messageId: 'm4' }] }));
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' };
    expect(await send('/v1/batch', rudder, form)).toMatchObject({ status: 202 });
    for (const path of ['/v1/b']) await send(path, json({ batch: [{ ...call, messageId: 'm5' }] }));
    for (const path of ['t', 'p', 's', 'g', 'a'])
      await send(`/v1/${path}`, json({ ...call, messageId: `short-${path}`, type: undefined }));
    expect(await ids()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'short-a', 'short-g', 'short-p', 'short-s', 'short-t']);
    const types = Object.fromEntries((await stored()).map(({ id, type }) => [id, type]));
    expect(types).toMatchObject({
      m1: 'view',
      m3: 'identify',
      'short-p': 'page',
      'short-s': 'screen',
      'short-g': 'group',
      'short-a': 'alias',
    });
  });

  it('are open to pages of any origin', async () => {
    const { base } = await ingest();
    const preflight = await fetch(`${base}/v1/t`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const refused = await fetch(`${base}/v1/t`, { method: 'POST', body: 'x' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
  });

  it('answer 400 where others would be told 401 or 413, for their clients repeat those for ever', async () => {
    const { send, ids } = await ingest({ writeKeysFile: writeKeys() });
    expect(await send('/v1/batch', json({ batch: [call] }))).toMatchObject({
      status: 400,
      body: { code: 'Unauthenticated' },
    });
    expect(await send('/v1/batch', json({ batch: [call], writeKey: 'wrong' }))).toMatchObject({ status: 400 });
    expect(await send('/v1/batch', json({ batch: [call], writeKey: 'w' }), basic('wrong'))).toMatchObject({
      status: 400,
    });
    expect(await send('/v1/track', 'x'.repeat(600_000))).toMatchObject({ status: 400, body: { code: 'BodyTooLarge' } });
    expect(await send('/v1/batch', json({ batch: {} }))).toMatchObject({ status: 400 });
    expect(await ids()).toEqual([]);
    expect(await send('/v1/batch', json({ batch: [call], writeKey: 'w' }))).toMatchObject({ status: 202 });
    expect(await send('/v1/t', json({ ...call, messageId: 'm2' }), basic('w'))).toMatchObject({ status: 202 });
    expect(await ids()).toEqual(['m1', 'm2']);
  });
});

describe('write keys', () => {
  it('are asked for before the body is read, and an import is received at its own time', async () => {
    const { send, stored, ids } = await ingest({ writeKeysFile: writeKeys() });
    const old = { ...event, time: '2020-01-01T00:00:00.000Z' };
    const unknown = await send('/v1/events', json(old));
    expect(unknown).toMatchObject({ status: 401, body: { code: 'Unauthenticated' } });
    expect(unknown.headers.get('www-authenticate')).toContain('Basic');
    expect(await send('/v1/items', '[]', basic('wrong'), 'PUT')).toMatchObject({ status: 401 });
    expect(await ids()).toEqual([]);
    expect(await send('/v1/events', json(old), basic('w'))).toMatchObject({ status: 202 });
    expect(await send('/v1/events', json({ ...old, id: 'e2' }), { authorization: 'Bearer i' })).toMatchObject({
      status: 202,
    });
    const times = (await stored()).map(({ id, ingestedAt, receivedAt }) => [id, { ingestedAt, receivedAt }]);
    expect(Object.fromEntries(times)).toEqual({
      e1: { ingestedAt: now, receivedAt: now },
      e2: { ingestedAt: now, receivedAt: old.time },
    });
  });
});

describe('an open door', () => {
  it('is closed to the pages of other sites, on every route', async () => {
    const { send, ids } = await ingest();
    const page = { origin: 'https://evil.example', 'content-type': 'text/plain' };
    const refused = { status: 403, body: { code: 'ForbiddenOrigin' } };
    expect(await send('/v1/events', json(event), page)).toMatchObject(refused);
    expect(await send('/v1/items', '[]', page, 'PUT')).toMatchObject(refused);
    // Segment's clients repeat everything but a 400 for ever.
    const track = json({ messageId: 'm', event: 'x', userId: 'u' });
    expect(await send('/v1/t', track, page)).toMatchObject({ ...refused, status: 400 });
    expect(await ids()).toEqual([]);
    expect(await send('/v1/events', json(event), { origin: 'http://localhost:3000' })).toMatchObject({ status: 202 });
  });
});

describe('under pressure', () => {
  const away = new LikenessError('BrokerUnavailable', 'away', { retryable: true });
  const awayBroker = { producer: () => Promise.reject(away), offsets: () => Promise.reject(away) };

  it('says 503 and when to come again while the broker is away, and is not ready', async () => {
    const { send, base } = await ingest({}, { broker: awayBroker });
    const refused = await send('/v1/events', json(event));
    expect(refused).toMatchObject({ status: 503, body: { accepted: 0, code: 'BrokerUnavailable' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await fetch(`${base}/readyz`)).status).toBe(503);
    expect((await fetch(`${base}/livez`)).status).toBe(200);
  });

  it('takes events into the log while the broker is away, and says 503 when its disk is full', async () => {
    const folderOfLog = breakableFolder();
    const log = { folder: 'memory', maxBytes: 1e7 };
    const { send, base } = await ingest(
      { log },
      { broker: awayBroker, openFolder: () => Promise.resolve(folderOfLog) },
    );
    expect(await send('/v1/events', json(event))).toMatchObject({ status: 202 });
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    for (const [fault, code] of [
      ['write', 'ENOSPC'],
      ['sync', 'EIO'],
    ] as const) {
      folderOfLog.faults.set(fault, code);
      const refused = await send('/v1/events', json({ ...event, id: code }));
      expect(refused).toMatchObject({ status: 503, body: { code: 'WriteAheadLogFailed' } });
      expect(refused.headers.get('retry-after')).toBe('1');
      folderOfLog.faults.clear();
    }
    expect(await fetch(`${base}/metrics`).then((response) => response.text())).toContain('likeness_ingest_log_bytes');
  });

  it('says 429 when events come too fast or too many wait', async () => {
    const { send, ids } = await ingest({ limits: { eventsPerSecond: 1, pendingEvents: 10_000 } });
    expect(await send('/v1/events', json([event, { ...event, id: 'e2' }, { ...event, id: 'e3' }]))).toMatchObject({
      status: 202,
    });
    const refused = await send('/v1/events', json({ ...event, id: 'e4' }));
    expect(refused).toMatchObject({ status: 429, body: { code: 'Overloaded' } });
    expect(refused.headers.get('retry-after')).toBe('3');
    expect(await ids()).toEqual(['e1', 'e2', 'e3']);

    const { promise: acknowledged, resolve } = Promise.withResolvers<void>();
    const slow = {
      producer: () => Promise.resolve({ send: () => acknowledged, close: () => acknowledged }),
      offsets: () => Promise.resolve([]),
    };
    const full = await ingest({ limits: { pendingEvents: 2 } }, { broker: slow });
    const waiting = full.send('/v1/events', json([event, event]));
    while (!(await full.telemetry.registry.metrics()).includes('pending_events{service="ingest"} 2'))
      await new Promise(setImmediate);
    expect(await full.send('/v1/events', json(event))).toMatchObject({ status: 429 });
    resolve();
    expect(await waiting).toMatchObject({ status: 202 });
    expect(await full.send('/v1/events', json(event))).toMatchObject({ status: 202 });
  });

  it('counts what it accepts and refuses, by reason', async () => {
    const { send, telemetry } = await ingest();
    await send('/v1/events', json([event, { ...event, id: 'e2' }, {}]));
    await send('/v1/events', 'x');
    const metrics = await telemetry.registry.metrics();
    expect(metrics).toMatch(/likeness_events_total\{stage="ingest",result="ok",reason="",service="ingest"\} 2/);
    expect(metrics).toMatch(
      /likeness_events_total\{stage="ingest",result="refused",reason="NoType",service="ingest"\} 1/,
    );
    expect(metrics).toMatch(/likeness_ingest_requests_refused_total\{reason="NotJson",service="ingest"\} 1/);
  });
});
