import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanerSlice } from '../../crds/slices.ts';
import { openEmbeddedBroker } from '../shared/adapters/embedded-broker.ts';
import type { Broker, Consumer, Producer } from '../shared/broker.ts';
import { encodeItem } from '../shared/catalogue.ts';
import type { CleanEvent } from '../shared/event.ts';
import { partitionOf } from '../shared/partition.ts';
import { unpackLines } from '../shared/record.ts';
import { streams, type Stream, type Topics } from '../shared/streams.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

const topics = Object.fromEntries(streams.map((stream) => [stream, `test.${stream}.e1`])) as Record<
  Stream,
  string
> as Topics;
const spec = cleanerSlice.parse({ events: [{ name: 'view', required: ['itemId'] }] });
const config = parseConfig({
  LIKENESS_PIPELINE: 'test',
  LIKENESS_PARTITIONS: '2',
  LIKENESS_TOPICS: JSON.stringify(topics),
  LIKENESS_GROUP: 'test.cleaner',
  LIKENESS_SPEC: JSON.stringify(spec),
});
const time = '2024-02-01T12:00:00.000Z';
const line = (id: string, more: object = {}): string =>
  JSON.stringify({ id, type: 'view', userId: 'u', itemId: 'mug', time, ingestedAt: time, receivedAt: time, ...more });

let folder: string;
let broker: Broker;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-cleaner-'));
  broker = await openEmbeddedBroker(folder);
  await broker.createTopics(
    streams.map((stream) => ({
      name: topics[stream],
      partitions: stream === 'items' ? 1 : 2,
      compacted: stream === 'items',
    })),
  );
});

afterEach(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

async function produce(stream: Stream, partition: number, ...lines: string[]): Promise<void> {
  const producer = await broker.producer();
  await producer.send(topics[stream], [{ partition, value: Buffer.from(lines.join('\n')) }]);
  await producer.close();
}

async function linesOf(stream: Stream): Promise<{ partition: number; line: string }[]> {
  const lines: { partition: number; line: string }[] = [];
  for (const { partition, low, high } of await broker.offsets(topics[stream]))
    for await (const records of broker.read({ topic: topics[stream], partition, from: low, to: high }))
      for (const { value } of records) lines.push(...unpackLines(value!).map((text) => ({ partition, line: text })));
  return lines;
}

const eventsOf = async (stream: Stream) => (await linesOf(stream)).map((entry) => JSON.parse(entry.line) as CleanEvent);
const idsOf = async (stream: Stream) => (await eventsOf(stream)).map(({ id }) => id).toSorted();

function startCleaner(
  over: Broker = broker,
  onFatal: (error: unknown) => void = (error) => expect.unreachable(String(error)),
) {
  const registry = new Registry();
  const telemetry = { logger: pino({ level: 'silent' }), registry };
  return start(config, { broker: over, telemetry, clock: Date, onFatal }).then((service) => ({ service, registry }));
}

/** Patient, because the machine may be busy. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 20 });

/** The same broker but for some of its methods. */
function override(changes: Partial<Broker>): Broker {
  return new Proxy(broker, {
    get: (target, key) => {
      if (key in changes) return changes[key as keyof Broker];
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** The same broker, with something between its consumers and producers and the service. */
function wrap(changes: {
  readonly consumer?: (real: Consumer) => Partial<Consumer>;
  readonly producer?: (real: Producer) => Partial<Producer>;
}): Broker {
  return override({
    consume: async (options) => {
      const real = await broker.consume(options);
      const bound: Consumer = {
        seek: (...at) => real.seek(...at),
        commit: (...at) => real.commit(...at),
        close: () => real.close(),
      };
      return { ...bound, ...changes.consumer?.(real) };
    },
    producer: async () => {
      const real = await broker.producer();
      const bound: Producer = { send: (...what) => real.send(...what), close: () => real.close() };
      return { ...bound, ...changes.producer?.(real) };
    },
  });
}

describe('the cleaner', () => {
  it('sorts raw events into clean and dead, counts them, and commits when it stops', async () => {
    await produce('events-raw', 1, line('a'), line('b', { itemId: null }), 'no json');
    const { service, registry } = await startCleaner();
    await eventually(async () => expect(await idsOf('events-clean')).toEqual(['a']));
    await eventually(async () => expect(await linesOf('events-dead')).toHaveLength(2));
    expect(service.health()).toEqual({ ready: true, reasons: [] });
    const letters = (await linesOf('events-dead')).map(
      (entry) => JSON.parse(entry.line) as { source: string; reason: string },
    );
    expect(letters.map(({ reason, source }) => [reason, source])).toEqual([
      ['MissingField', `${topics['events-raw']}-1-0-1`],
      ['Malformed', `${topics['events-raw']}-1-0-2`],
    ]);
    // Counted once the records are durable: a moment after others can read them.
    const taken = 'likeness_events_total{stage="cleaner",result="ok",reason=""} 1';
    await eventually(async () => expect(await registry.metrics()).toContain(taken));
    const metrics = await registry.metrics();
    expect(metrics).toContain('likeness_events_total{stage="cleaner",result="deadLetter",reason="MissingField"} 1');
    expect(metrics).toContain('likeness_lag_events{stage="cleaner",partition="1"} 0');
    await service.stop();
    expect(await broker.committed(config.group, topics['events-raw'])).toEqual(new Map([[1, 1]]));
    expect(service.health().ready).toBe(false);
  });

  it('gives each profile its partition and its order', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `e-${String(index).padStart(2, '0')}`);
    const users = ['u-1', 'u-2', 'u-3'];
    for (const id of ids) await produce('events-raw', 0, ...users.map((userId) => line(id, { userId })));
    const { service } = await startCleaner();
    await eventually(async () => expect(await linesOf('events-clean')).toHaveLength(150));
    for (const userId of users) {
      const own = (await linesOf('events-clean'))
        .map((entry) => ({ partition: entry.partition, event: JSON.parse(entry.line) as CleanEvent }))
        .filter(({ event }) => event.profile === userId);
      expect(own.map(({ event }) => event.id)).toEqual(ids);
      expect(new Set(own.map(({ partition }) => partition))).toEqual(new Set([partitionOf(userId, 2)]));
    }
    await service.stop();
  });

  it('knows the catalogue before it reads, follows it, and feeds it', async () => {
    const message = { itemId: 'mug', time, id: 'x', item: { category: 'mugs' } };
    const producer = await broker.producer();
    await producer.send(topics.items, [{ partition: 0, ...encodeItem(message) }]);
    await produce('events-raw', 0, line('a'));
    const { service, registry } = await startCleaner();
    await eventually(async () =>
      expect(await eventsOf('events-clean')).toMatchObject([{ item: { category: 'mugs' }, itemVersion: time }]),
    );
    await produce('events-raw', 0, line('b', { itemId: 'cup', item: { category: 'cups' } }));
    await eventually(async () => expect(await registry.metrics()).toContain('likeness_catalogue_items 2'));
    await produce('events-raw', 0, line('c', { itemId: 'cup' }));
    await eventually(async () =>
      expect((await eventsOf('events-clean')).find(({ id }) => id === 'c')).toMatchObject({
        item: { category: 'cups' },
      }),
    );
    await service.stop();
  });

  it('publishes the greatest record of an item again when a lesser one came last', async () => {
    const { service } = await startCleaner();
    const producer = await broker.producer();
    const item = (version: number) => ({
      partition: 0,
      ...encodeItem({ itemId: 'mug', version, time, id: 'x', item: {} }),
    });
    await producer.send(topics.items, [item(2), item(1)]);
    await eventually(async () => {
      const last = (await linesOf('items')).at(-1)!;
      expect(JSON.parse(last.line)).toMatchObject({ version: 2 });
    });
    await service.stop();
  });

  it('is not ready, and stops, while the catalogue has not caught up', async () => {
    const behind = override({ follow: () => Promise.resolve({ close: () => Promise.resolve() }) });
    await produce('events-raw', 0, line('a'));
    const { service } = await startCleaner(behind);
    expect(service.health()).toMatchObject({ ready: false, reasons: [expect.stringMatching(/catalogue/)] });
    await service.stop();
    expect(await idsOf('events-clean')).toEqual([]);
  });

  it('reports what the broker cannot heal', async () => {
    const onFatal = vi.fn();
    const broken = override({ consume: () => Promise.reject(new Error('no such topic')) });
    const { service } = await startCleaner(broken, onFatal);
    await eventually(() => expect(onFatal).toHaveBeenCalledWith(new Error('no such topic')));
    await service.stop();
  });
});

describe('at least once', () => {
  const all = ['a', 'b', 'c'];

  it('repeats after a crash between produce and commit, and loses nothing', async () => {
    await produce('events-raw', 0, ...all.map((id) => line(id)));
    const forgetful = wrap({ consumer: () => ({ commit: () => Promise.reject(new Error('crashed')) }) });
    const { service } = await startCleaner(forgetful);
    await eventually(async () => expect(await idsOf('events-clean')).toEqual(all));
    await service.stop();
    const again = await startCleaner();
    await eventually(async () => expect(await idsOf('events-clean')).toEqual(['a', 'a', 'b', 'b', 'c', 'c']));
    await again.service.stop();
    const third = await startCleaner();
    await produce('events-raw', 0, line('d'));
    await eventually(async () => expect(await idsOf('events-clean')).toContain('d'));
    expect(await idsOf('events-clean')).toHaveLength(7);
    await third.service.stop();
  });

  it.each(['events-clean', 'events-dead'] as const)('never commits what %s has not acknowledged', async (stream) => {
    const done: string[] = [];
    let failures = 2;
    const flaky = wrap({
      producer: (real) => ({
        send: async (topic, records) => {
          if (topic === topics[stream] && failures-- > 0) throw new Error('no answer');
          await real.send(topic, records);
          done.push(topic);
        },
      }),
      consumer: (real) => ({
        commit: async (...at) => {
          done.push('commit');
          await real.commit(...at);
        },
      }),
    });
    await produce('events-raw', 0, line('a'), 'no json');
    const { service } = await startCleaner(flaky);
    await eventually(() => expect(done).toContain(topics[stream]));
    await service.stop();
    expect(done.indexOf('commit')).toBeGreaterThan(done.indexOf(topics[stream]));
    expect(new Set(await idsOf('events-clean'))).toEqual(new Set(['a']));
    expect((await linesOf('events-dead')).length).toBeGreaterThanOrEqual(1);
  });

  it('takes no new batch once it stops, and finishes the one under way', async () => {
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const slow = wrap({
      producer: (real) => ({
        send: async (topic, records) => {
          reached.resolve();
          await gate.promise;
          await real.send(topic, records);
        },
      }),
    });
    await produce('events-raw', 0, line('a'));
    const { service } = await startCleaner(slow);
    await reached.promise;
    const stopped = service.stop();
    gate.resolve();
    await stopped;
    expect(await idsOf('events-clean')).toEqual(['a']);
    expect(await broker.committed(config.group, topics['events-raw'])).toEqual(new Map([[0, 1]]));
  });
});
