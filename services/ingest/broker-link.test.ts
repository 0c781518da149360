/** The connection to a broker that comes late, goes away and comes back. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTelemetry } from '../shared/adapters/telemetry.ts';
import type { Broker, OutgoingRecord } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import { type BrokerLink, openBrokerLink } from './broker-link.ts';
import { lateBroker } from './late-broker.ts';
import type { LotRecord } from './lot.ts';

const away = new LikenessError('BrokerUnavailable', 'away', { retryable: true });
const topics = { 'events-raw': 'raw', items: 'items' } as const;
const record = (stream: LotRecord['stream']): LotRecord => ({
  stream,
  partition: 1,
  key: null,
  value: Buffer.from('x'),
});

function fakeBroker() {
  const state = { away: false, connects: 0, closed: 0, sent: [] as [string, number][] };
  const check = async (): Promise<void> => {
    if (state.away) throw away;
  };
  const producer = {
    send: async (topic: string, records: readonly OutgoingRecord[]) => {
      await check();
      state.sent.push([topic, records.length]);
    },
    close: async () => void state.closed++,
  };
  const broker = {
    producer: async () => {
      await check();
      return producer;
    },
    offsets: async () => {
      await check();
      return [];
    },
    close: async () => void state.closed++,
  } as unknown as Broker;
  const connect = async (): Promise<Broker> => {
    state.connects++;
    await check();
    return broker;
  };
  return { state, broker, connect };
}

let link: BrokerLink | undefined;
afterEach(async () => {
  await link?.stop();
  link = undefined;
});
const open = async (broker: Pick<Broker, 'producer' | 'offsets'>) => {
  link = await openBrokerLink({ broker, topics, logger: createTelemetry('t', 'silent').logger, patienceMs: 10 });
  return link;
};

describe('the link to the broker', () => {
  it('sends each stream to its topic', async () => {
    const { broker, state } = fakeBroker();
    const opened = await open(broker);
    await opened.send([record('events-raw'), record('items'), record('events-raw')]);
    expect(state.sent.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ['items', 1],
      ['raw', 2],
    ]);
  });

  it('opens without a broker, and finds it when it comes', async () => {
    const { connect, state } = fakeBroker();
    state.away = true;
    const opened = await open(lateBroker(connect, (error) => expect.unreachable(String(error))));
    expect(opened.reachable).toBe(false);
    await expect(opened.send([record('items')])).rejects.toMatchObject({ code: 'BrokerUnavailable', retryable: true });
    state.away = false;
    await vi.waitFor(() => expect(opened.reachable).toBe(true), 5000);
    await opened.send([record('items')]);
    expect(state.sent).toEqual([['items', 1]]);
  });

  it('sees the broker go with a failed send, and come back', async () => {
    const { broker, state } = fakeBroker();
    const opened = await open(broker);
    state.away = true;
    await expect(opened.send([record('items')])).rejects.toBe(away);
    expect(opened.reachable).toBe(false);
    state.away = false;
    await opened.send([record('items')]);
    expect(opened.reachable).toBe(true);
  });

  it('does not wait for a broker that never answers, neither to open nor to stop', async () => {
    const never = {
      producer: () => new Promise<never>(() => undefined),
      offsets: () => new Promise<never>(() => undefined),
    };
    const opened = await open(never);
    expect(opened.reachable).toBe(false);
  });
});

describe('lateBroker', () => {
  it('connects once, and tells of a refusal that no repetition changes', async () => {
    const { connect, state } = fakeBroker();
    const broker = lateBroker(connect, (error) => expect.unreachable(String(error)));
    await Promise.all([broker.offsets('raw'), broker.producer()]);
    expect(state.connects).toBe(1);
    await broker.close();
    expect(state.closed).toBe(1);

    const refused: unknown[] = [];
    const wrong = new LikenessError('BadConfig', 'wrong');
    const none = lateBroker(
      () => Promise.reject(wrong),
      (error) => refused.push(error),
    );
    await expect(none.offsets('raw')).rejects.toBe(wrong);
    expect(refused).toEqual([wrong]);
    await none.close();
  });
});
