/** Ingest over HTTP: what it says when it cannot take everything, and what it counts. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { breakableFolder } from '../../test/ingest/breakable-folder.ts';
import { event, json, openIngest } from '../../test/ingest/served-ingest.ts';
import { LikenessError } from '../shared/errors.ts';

const { ingest, close, stopAll } = await openIngest();
afterEach(stopAll);
afterAll(close);

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
