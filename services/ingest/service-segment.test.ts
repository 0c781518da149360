/** Ingest over HTTP: the routes of Segment’s clients. */
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { basic, json, now, openIngest } from '../../test/ingest/served-ingest.ts';

const { ingest, writeKeys, close, stopAll } = await openIngest();
afterEach(stopAll);
afterAll(close);

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
