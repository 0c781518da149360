/** Where whoever takes over the one partition of `signals` goes on. */
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { Broker, ConsumerOptions } from '../../shared/broker.ts';
import { monitorVersion } from '../../shared/learning/drift/monitor.ts';
import type { Watermark } from '../../shared/profile-store.ts';
import { MonitorService, type MonitorDeps } from './monitor-service.ts';

interface Log {
  readonly low: number;
  readonly high: number;
  /** Of the record that was committed last. */
  readonly position: number | undefined;
}

/** The offset that is read first. */
async function firstRead({ position, low, high }: Log): Promise<number> {
  let options: ConsumerOptions | undefined;
  const broker = {
    consume: async (given: ConsumerOptions) => {
      options = given;
      return { close: async () => undefined };
    },
    offsets: async () => [{ partition: 0, low, high }],
  } as unknown as Broker;
  const watermark: Watermark | undefined =
    position === undefined ? undefined : { offset: position, timestamp: 1, definition: `monitor/${monitorVersion}` };
  const deps: MonitorDeps = {
    broker,
    store: { readNote: async () => ({ watermark, note: undefined }), commit: vi.fn() },
    baselineOf: async () => undefined,
    report: () => undefined,
    metrics: { show: () => undefined, forget: () => undefined, malformed: () => undefined },
    logger: pino({ level: 'silent' }),
    onFatal: () => undefined,
  };
  const config = { topic: 'signals', group: 'g', sessionTimeoutMs: 1000, options: { inputs: {}, models: ['m'] } };
  const service = await MonitorService.start({ ...config, tag: 'default/shop/e1/signals' }, deps);
  const next = await options!.onAssigned!('signals', 0);
  await service.stop();
  return next!;
}

it.each([
  ['the beginning, where nothing was committed', { position: undefined, low: 3, high: 9 }, 3],
  ['behind what was committed', { position: 5, low: 3, high: 9 }, 6],
  ['the end, where all is applied', { position: 8, low: 3, high: 9 }, 9],
  ['what is left, where the log has let go of more', { position: 5, low: 20, high: 30 }, 20],
  ['the beginning of a log that was made anew and is shorter', { position: 100, low: 0, high: 10 }, 0],
])('is %s', async (_, log, expected) => expect(await firstRead(log)).toBe(expected));
