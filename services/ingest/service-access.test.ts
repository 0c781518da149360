/** Ingest over HTTP: who may send. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { basic, event, json, now, openIngest } from '../../test/ingest/served-ingest.ts';

const { ingest, writeKeys, close, stopAll } = await openIngest();
afterEach(stopAll);
afterAll(close);

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
