import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { SegmentArchive } from '../../shared/archive/segment-archive.ts';
import {
  allOf,
  eventLine,
  linesIn,
  memoryLog,
  memorySegments,
  recordAt,
  topic,
} from '../../shared/archive/test-log.ts';
import type { SegmentStore } from '../../shared/archive.ts';
import { LikenessError } from '../../shared/errors.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

const records = Array.from({ length: 10 }, (_, at) => recordAt(at, [eventLine(`e-${at}`)]));

function startOver(store: SegmentStore, log = memoryLog(records), ageMs = 100) {
  const onFatal = vi.fn<(error: unknown) => void>();
  const telemetry = { logger: pino({ level: 'silent' }), registry: new Registry() };
  const archive = new SegmentArchive(store);
  const config = {
    topic,
    place: { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 } as const,
    retentionMs: 1e13,
    limits: { bytes: 1e9, events: 1e9, ageMs },
    fromLogStart: false,
  };
  const starting = start(config, { broker: log.broker, archive, telemetry, clock: Date, onFatal });
  return { starting, archive, onFatal, log };
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(5);
};

it('archives what comes, and flushes the rest when it stops', async () => {
  const { starting, archive, log } = startOver(memorySegments());
  const service = await starting;
  expect(service.health()).toEqual({ ready: true, reasons: [] });
  await until(async () => (await archive.extent(0)).to === 10);
  log.add(recordAt(10, [eventLine('last')]));
  await service.stop();
  expect(service.health()).toEqual({ ready: false, reasons: ['stopping'] });
  const held = linesIn(await allOf(archive.read({ partition: 0, from: 0 })));
  expect(held).toEqual([...linesIn(records), `10/${eventLine('last')}`]);
});

it('is not ready while its store is away, and goes on when that is back', async () => {
  const store = memorySegments();
  let away = true;
  const error = new LikenessError('StoreUnavailable', 'nobody is there', { retryable: true });
  const create: SegmentStore['create'] = async (segment, bytes) => {
    if (away) throw error;
    await store.create(segment, bytes);
  };
  const { starting, archive, onFatal } = startOver({ ...store, create });
  const service = await starting;
  await until(() => !service.health().ready);
  expect(service.health().reasons).toEqual(['nobody is there']);
  away = false;
  await until(async () => (await archive.extent(0)).to === 10);
  await until(() => service.health().ready);
  await service.stop();
  expect(onFatal).not.toHaveBeenCalled();
});

it('ends where archive and log do not fit together', async () => {
  const store = memorySegments();
  await store.create({ partition: 0, first: 0, last: 99, maxTime: 1 }, new Uint8Array());
  const { starting, onFatal } = startOver(store);
  const service = await starting;
  await until(() => onFatal.mock.calls.length > 0);
  expect(onFatal.mock.calls[0]![0]).toMatchObject({ code: 'LogAheadOfTopic' });
  await expect(service.stop()).rejects.toMatchObject({ code: 'LogAheadOfTopic' });
});

it('reads its environment, and refuses one without an archive', () => {
  const env = {
    LIKENESS_PIPELINE: 'shop',
    LIKENESS_PARTITIONS: '1',
    LIKENESS_TOPICS: JSON.stringify(
      Object.fromEntries(
        ['events-raw', 'events-clean', 'events-dead', 'items', 'predictions', 'models', 'signals'].map((name) => [
          name,
          `t.${name}`,
        ]),
      ),
    ),
    LIKENESS_SPEC: '{"archive":{"retention":"24h"}}',
    LIKENESS_MODELS: '/models',
  };
  expect(parseConfig(env)).toMatchObject({
    topic: 't.events-clean',
    place: { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 },
    retentionMs: 86_400_000,
    limits: { ageMs: 300_000, bytes: 67_108_864, events: 250_000 },
  });
  expect(() => parseConfig({ ...env, LIKENESS_SPEC: '{}' })).toThrow(expect.objectContaining({ code: 'BadConfig' }));
});
