import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import type { OutgoingRecord, Producer } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import { partitionOf } from '../shared/partition.ts';
import { unpackLines } from '../shared/record.ts';
import { createPredictionLog, type Prediction, type PredictionLogOptions } from './predictions.ts';

const prediction = (requestId: string, profile: string | null = 'u-1'): Prediction => ({
  requestId,
  profile,
  time: '2026-01-01T00:00:00.000Z',
  model: { name: 'next-item', version: 'sr-1', generation: 1 },
  items: ['mug'],
  historyLength: 2,
  personalised: true,
});

function setUp(send: Producer['send'], options: Partial<PredictionLogOptions> = {}) {
  const sends = vi.fn(send);
  const producer: Producer = { send: sends, close: () => Promise.resolve() };
  const registers = [new Registry()];
  const dropped = new Counter({ name: 'dropped', help: 'h', labelNames: ['reason'] as const, registers });
  const log = createPredictionLog({
    producer,
    topic: 'predictions',
    partitions: 4,
    logger: pino({ level: 'silent' }),
    dropped,
    lingerMs: 1,
    retryMs: 1,
    ...options,
  });
  const droppedBy = async (reason: string) =>
    (await dropped.get()).values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
  return { log, sends, droppedBy };
}

const linesOf = (records: readonly OutgoingRecord[]) =>
  records.flatMap(({ value }) => unpackLines(value!).map((line) => JSON.parse(line) as Prediction));

describe('the log of predictions', () => {
  it('sends each once, batched, to the partition of its profile', async () => {
    const sent: OutgoingRecord[] = [];
    const { log, sends } = setUp(async (_topic, records) => void sent.push(...records));
    const all = Array.from({ length: 50 }, (_, k) => prediction(`r-${k}`, k % 5 ? `u-${k % 7}` : null));
    for (const one of all) log.record(one);
    await log.close();
    expect(sends).toHaveBeenCalledTimes(1);
    expect(linesOf(sent).toSorted((a, b) => Number(a.requestId.slice(2)) - Number(b.requestId.slice(2)))).toEqual(all);
    for (const { partition, value } of sent)
      for (const line of unpackLines(value!)) {
        const { profile, requestId } = JSON.parse(line) as Prediction;
        expect(partition).toBe(partitionOf(profile ?? requestId, 4));
      }
  });

  it('keeps what could not be sent and tries again, in order', async () => {
    const sent: string[] = [];
    let fail = 2;
    const { log } = setUp(async (_topic, records) => {
      if (fail-- > 0) throw new LikenessError('BrokerUnavailable', 'down', { retryable: true });
      sent.push(...linesOf(records).map(({ requestId }) => requestId));
    });
    log.record(prediction('r-1'));
    log.record(prediction('r-2'));
    await vi.waitFor(() => expect(sent).toEqual(['r-1', 'r-2']));
    await log.close();
    expect(sent).toEqual(['r-1', 'r-2']);
  });

  it('never holds more than its capacity, and counts the rest', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { log, droppedBy } = setUp(() => promise, { capacity: 3 });
    for (let k = 0; k < 10; k++) log.record(prediction(`r-${k}`));
    expect(await droppedBy('Full')).toBe(7);
    resolve();
    await log.close();
    expect(await droppedBy('Stopped')).toBe(0);
  });

  it('drops what the broker will never take', async () => {
    const { log, droppedBy, sends } = setUp(async () => {
      throw new LikenessError('BadData', 'too large');
    });
    log.record(prediction('r-1'));
    await vi.waitFor(async () => expect(await droppedBy('Refused')).toBe(1));
    await log.close();
    expect(sends).toHaveBeenCalledTimes(1);
  });

  it('flushes when it is closed, gives up in time, and takes nothing more', async () => {
    const { log, droppedBy } = setUp(
      async () => {
        throw new LikenessError('BrokerUnavailable', 'down', { retryable: true });
      },
      { lingerMs: 60_000, retryMs: 60_000, closeTimeoutMs: 30 },
    );
    log.record(prediction('r-1'));
    log.record(prediction('r-2'));
    await log.close();
    expect(await droppedBy('Stopped')).toBe(2);
    log.record(prediction('r-3'));
    expect(await droppedBy('Stopped')).toBe(3);
    await log.close();
  });
});
