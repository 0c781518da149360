import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { LikenessError } from '../shared/errors.ts';
import type { Metrics } from './metrics.ts';
import type { PartitionWorker } from './partition-worker.ts';
import { Stage, type StageDeps } from './stage.ts';

const stallMs = 120_000;

/** One partition at position 5. What stands in `at` may be changed between the calls. */
async function createSubject() {
  const at = { now: 0, high: 5, brokerAway: false };
  const worker = {
    partition: 0,
    position: 5 as number | undefined,
    movedAt: 0,
    assign: async () => 5,
    forget: vi.fn(),
  };
  const onFatal = vi.fn();
  const stage = new Stage({
    telemetry: { logger: pino({ enabled: false }) },
    clock: { now: () => at.now },
    onFatal,
    topic: 't',
    metrics: { lag: () => undefined, forgetLag: () => undefined } as unknown as Metrics,
    broker: {
      offsets: async () => {
        if (at.brokerAway) throw new LikenessError('BrokerUnavailable', 'away', { retryable: true });
        return [{ partition: 0, low: 0, high: at.high }];
      },
    },
    createWorker: () => worker as unknown as PartitionWorker,
  } as unknown as StageDeps);
  await stage.onAssigned(0);
  const watchAt = async (now: number) => {
    at.now = now;
    await stage.watch(stallMs);
  };
  return { at, worker, stage, onFatal, watchAt };
}

it('does not take a record that came after a quiet hour for a stall', async () => {
  const { at, onFatal, watchAt } = await createSubject();
  await watchAt(0); // nothing waits
  at.high = 6; // an hour later, one record has been appended this very moment
  await watchAt(3_600_000);
  expect(onFatal).not.toHaveBeenCalled();
});

it('takes records that wait too long at one position for a stall', async () => {
  const { at, onFatal, watchAt } = await createSubject();
  at.high = 6;
  await watchAt(3_600_000);
  await watchAt(3_600_000 + stallMs);
  expect(onFatal).not.toHaveBeenCalled();
  await watchAt(3_600_001 + stallMs);
  expect(onFatal).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'BrokerUnavailable' }));
});

it.each<[string, (subject: Awaited<ReturnType<typeof createSubject>>) => unknown]>([
  ['the position moves', ({ worker }) => (worker.position = 6)],
  ['a batch comes again and again', ({ worker }) => (worker.movedAt = stallMs)],
  ['nothing waits any more', ({ at }) => (at.high = 5)],
  ['the broker is away', ({ at }) => (at.brokerAway = true)],
  ['the position must be looked up', ({ worker }) => (worker.position = undefined)],
  ['the partition is assigned anew', ({ stage }) => stage.onAssigned(0)],
  ['the partition goes and comes back', ({ stage }) => (stage.onRevoked([0]), stage.onAssigned(0))],
])('counts the wait anew when %s', async (_, happen) => {
  const subject = await createSubject();
  const { at, worker, onFatal, watchAt } = subject;
  at.high = 7;
  await watchAt(1);
  await happen(subject);
  await watchAt(stallMs);
  Object.assign(at, { brokerAway: false, high: 7 });
  worker.position ??= 5;
  await watchAt(2 + stallMs);
  expect(onFatal).not.toHaveBeenCalled();
});
