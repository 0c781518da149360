/** Delivery: durable in the broker or in the log, and from the log into the broker. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { breakableFolder } from '../../test/ingest/breakable-folder.ts';
import { createTelemetry } from '../shared/adapters/telemetry.ts';
import { openWriteAheadLog } from '../shared/adapters/write-ahead-log.ts';
import { LikenessError } from '../shared/errors.ts';
import type { BrokerLink } from './broker-link.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { eventsInLot, type Lot, type LotRecord } from './lot.ts';
import { createPressure } from './pressure.ts';

const { logger } = createTelemetry('test', 'silent');
const away = new LikenessError('BrokerUnavailable', 'away', { retryable: true });

/** A broker that takes, refuses, or makes wait. */
function fakeLink() {
  const taken: string[] = [];
  let gate: Promise<void> | undefined;
  let failing = false;
  const link = {
    taken,
    reachable: true,
    send: async (records: readonly LotRecord[]) => {
      if (gate !== undefined) await gate;
      if (failing) {
        link.reachable = false;
        throw away;
      }
      taken.push(...records.map(({ value }) => String(value)));
    },
    stop: async () => undefined,
    fail: (is: boolean) => {
      failing = is;
      link.reachable = !is;
    },
    /** Sends wait until the returned function is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = undefined;
        resolve();
      };
    },
  };
  return link satisfies BrokerLink;
}

const lot = (text: string, events = 1): Lot => ({
  events,
  bytes: text.length,
  records: [{ stream: 'events-raw', partition: 0, key: null, value: Buffer.from(text) }],
});

const running: Delivery[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((delivery) => delivery.stop()));
});

async function deliveryOf(
  options: {
    folder?: ReturnType<typeof breakableFolder>;
    link?: ReturnType<typeof fakeLink>;
    spillEvents?: number;
    maxBytes?: number;
    drainMs?: number;
  } = {},
) {
  const { folder, link = fakeLink(), spillEvents = 1000, maxBytes = 1e9, drainMs = 5000 } = options;
  const log =
    folder &&
    (await openWriteAheadLog({
      folder,
      maxBytes,
      onDamage: ({ message }) => expect.unreachable(message),
      eventsIn: eventsInLot,
    }));
  const pressure = createPressure({ pendingEvents: 4000, pendingBytes: 1e9 });
  const delivery = createDelivery({ link, log, pressure, spillEvents, partitions: 4, logger, retryMs: 10, drainMs });
  running.push(delivery);
  return { delivery, link, log: log!, pressure };
}

describe('without a log', () => {
  it('is durable with the broker’s acknowledgement, and counts what waits', async () => {
    const { delivery, link, pressure } = await deliveryOf();
    const release = link.hold();
    let durable = false;
    const delivered = delivery.deliver(lot('a', 7)).then(() => (durable = true));
    await new Promise(setImmediate);
    expect([durable, pressure.events, pressure.bytes]).toEqual([false, 7, 1]);
    release();
    await delivered;
    expect([link.taken, pressure.events, pressure.bytes]).toEqual([['a'], 0, 0]);
  });

  it('is refused while the broker is away, and says that it is not ready', async () => {
    const { delivery, link, pressure } = await deliveryOf();
    link.fail(true);
    await expect(delivery.deliver(lot('a'))).rejects.toBe(away);
    expect(delivery.health()).toMatchObject({ ready: false });
    expect(pressure.events).toBe(0);
    link.fail(false);
    expect(delivery.health()).toEqual({ ready: true, reasons: [] });
  });
});

describe('with a log', () => {
  it('is durable with the first of the two', async () => {
    const folder = breakableFolder();
    const { delivery, link, pressure } = await deliveryOf({ folder });
    const release = link.hold();
    await delivery.deliver(lot('log first', 5));
    expect([link.taken, pressure.events]).toEqual([[], 5]);
    release();
    await vi.waitFor(() => expect([link.taken, pressure.events]).toEqual([['log first'], 0]));
    folder.faults.set('sync', 'EIO');
    await delivery.deliver(lot('broker alone'));
    expect(link.taken).toEqual(['log first', 'broker alone']);
  });

  it('lasts through an outage in the log alone, and delivers it in order before anything newer', async () => {
    const folder = breakableFolder();
    const { delivery, link, log, pressure } = await deliveryOf({ folder });
    link.fail(true);
    for (let index = 0; index < 50; index++) await delivery.deliver(lot(`during ${index}`));
    expect(delivery.health().ready).toBe(true);
    expect(pressure.events).toBe(0);
    expect(log.hasBacklog).toBe(true);
    link.fail(false);
    await delivery.deliver(lot('after'));
    await vi.waitFor(() => expect(link.taken).toHaveLength(51), 5000);
    expect(link.taken).toEqual([...Array.from({ length: 50 }, (_, index) => `during ${index}`), 'after']);
    await vi.waitFor(() => expect(log.hasBacklog).toBe(false));
    await delivery.deliver(lot('live'));
    expect(link.taken.at(-1)).toBe('live');
  });

  it('puts what the broker refused in flight into the backlog', async () => {
    const { delivery, link } = await deliveryOf({ folder: breakableFolder() });
    const release = link.hold();
    await delivery.deliver(lot('in flight'));
    link.fail(true);
    release();
    await new Promise(setImmediate);
    link.fail(false);
    await vi.waitFor(() => expect(link.taken).toEqual(['in flight']), 5000);
  });

  it('keeps memory bounded when the broker is slow: beyond a number of events the log alone takes them', async () => {
    const { delivery, link, pressure } = await deliveryOf({ folder: breakableFolder(), spillEvents: 10 });
    const release = link.hold();
    for (let index = 0; index < 40; index++) await delivery.deliver(lot(`${index}`));
    expect(pressure.events).toBeLessThanOrEqual(10);
    release();
    await vi.waitFor(() => expect(link.taken).toHaveLength(40), 5000);
    expect(link.taken.slice(10)).toEqual(Array.from({ length: 30 }, (_, index) => `${index + 10}`));
  });

  it('delivers after a restart what an earlier run still owed', async () => {
    const folder = breakableFolder();
    const first = await deliveryOf({ folder });
    first.link.fail(true);
    await first.delivery.deliver(lot('owed'));
    const { link, log } = await deliveryOf({ folder: folder.afterPowerCut(() => 0) });
    await vi.waitFor(() => expect(link.taken).toEqual(['owed']), 5000);
    expect(log.hasBacklog).toBe(false);
  });

  it('refuses when both ways fail, and takes again once either heals', async () => {
    const folder = breakableFolder();
    const { delivery, link } = await deliveryOf({ folder });
    folder.faults.set('write', 'ENOSPC');
    link.fail(true);
    await expect(delivery.deliver(lot('a'))).rejects.toMatchObject({ code: 'WriteAheadLogFailed' });
    await expect(delivery.deliver(lot('b'))).rejects.toBeInstanceOf(AggregateError);
    expect(delivery.health()).toMatchObject({
      ready: false,
      reasons: [expect.anything(), expect.stringContaining('ENOSPC')],
    });
    link.fail(false);
    await delivery.deliver(lot('broker alone'));
    link.fail(true);
    folder.faults.clear();
    await vi.waitFor(() => expect(delivery.health().ready).toBe(true), 5000);
    await delivery.deliver(lot('log alone'));
    link.fail(false);
    await vi.waitFor(() => expect(link.taken).toEqual(['broker alone', 'log alone']), 5000);
  });

  it('delivers the backlog when it stops, as far as the broker takes it', async () => {
    const { delivery, link, log } = await deliveryOf({ folder: breakableFolder(), spillEvents: 10 });
    const release = link.hold();
    for (let index = 0; index < 40; index++) await delivery.deliver(lot(`${index}`));
    expect(log.waiting.events).toBe(30);
    const stopped = delivery.stop();
    release();
    await stopped;
    expect(link.taken).toHaveLength(40);
    expect(log.waiting).toEqual({ events: 0, bytes: 0 });
  });

  it('stops without the broker too, and knows what it still owes', async () => {
    const { delivery, link, log } = await deliveryOf({ folder: breakableFolder() });
    link.fail(true);
    for (let index = 0; index < 3; index++) await delivery.deliver(lot('a\nb'));
    await delivery.stop();
    expect(log.waiting.events).toBe(6);
    expect(log.waiting.bytes).toBeGreaterThan(0);
  });

  it('waits no longer for a broker that does not answer than it is given', async () => {
    const { delivery, link, log } = await deliveryOf({ folder: breakableFolder(), drainMs: 50 });
    link.fail(true);
    await delivery.deliver(lot('a'));
    link.fail(false);
    const release = link.hold();
    await delivery.stop();
    expect(log.waiting.events).toBe(1);
    release();
  });

  it('asks senders to wait when the log is full, until the broker has taken it', async () => {
    const { delivery, link } = await deliveryOf({ folder: breakableFolder(), maxBytes: 2000 });
    link.fail(true);
    for (let index = 0; index < 100 && delivery.refusal(1) === undefined; index++)
      await delivery.deliver(lot('x'.repeat(100)));
    expect(delivery.refusal(1)).toMatchObject({ status: 429, retryAfterSeconds: 1 });
    link.fail(false);
    await vi.waitFor(() => expect(delivery.refusal(1)).toBeUndefined(), 5000);
  });
});
