import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { trainingSchema } from '../../crds/learning.ts';
import type { Broker } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import { startTrainingLoop, type TrainingLoopOptions } from './training-loop.ts';

let folder: string;
let runsFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-loop-'));
  runsFile = join(folder, 'training.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = (high: () => number, more: Partial<TrainingLoopOptions> = {}): TrainingLoopOptions => ({
  broker: { offsets: async () => [{ partition: 0, low: 0, high: high() }] } as unknown as Broker,
  topic: 't',
  training: trainingSchema.parse({}),
  runsFile,
  driftFile: join(folder, 'drift.json'),
  wish: () => undefined,
  train: async () => 0,
  logger: pino({ enabled: false }),
  clock: Date,
  onFatal: () => undefined,
  ...more,
});

it('remembers its runs over a restart, so that a new start trains nothing again', async () => {
  const train = vi.fn(async () => 0);
  const first = startTrainingLoop(options(() => 10, { train }));
  await vi.waitFor(() => expect(existsSync(runsFile)).toBe(true), 5000);
  await first.stop();
  expect(JSON.parse(readFileSync(runsFile, 'utf8'))).toMatchObject([{ records: 10, outcome: 'Succeeded' }]);
  const second = startTrainingLoop(options(() => 10, { train }));
  await new Promise((resolve) => setTimeout(resolve, 700));
  await second.stop();
  expect(train).toHaveBeenCalledTimes(1);
});

it('takes exit code 65 for too few events, and anything else for a failure', async () => {
  for (const [code, outcome] of [
    [65, 'TooFewEvents'],
    [69, 'Failed'],
    [1, 'Failed'],
  ] as const) {
    writeFileSync(runsFile, '[]');
    const loop = startTrainingLoop(options(() => 10, { train: async () => code }));
    await vi.waitFor(() => expect(readFileSync(runsFile, 'utf8')).toContain(outcome), 5000);
    expect(loop.phase().failures).toBe(outcome === 'Failed' ? 1 : 0);
    await loop.stop();
  }
});

it('counts the failures in a row, of this start alone', async () => {
  let now = 1e9;
  writeFileSync(runsFile, JSON.stringify([{ startedAt: now - 1, records: 10, outcome: 'Failed' }]));
  const clock = { now: () => (now += 700_000) };
  const train = vi.fn(async () => 1);
  const loop = startTrainingLoop(options(() => 10, { clock, train }));
  expect(loop.phase()).toMatchObject({ phase: 'Failed', failures: 0 });
  await vi.waitFor(() => expect(loop.phase().failures).toBeGreaterThan(2), 5000);
  await loop.stop();
  expect(train).toHaveBeenCalledTimes(loop.phase().failures);
});

it('goes on when the broker was away', async () => {
  let away = true;
  const onFatal = vi.fn();
  const train = vi.fn(async () => 0);
  const high = () => {
    if (away) throw new LikenessError('BrokerUnavailable', 'away', { retryable: true });
    return 10;
  };
  const loop = startTrainingLoop(options(high, { train, onFatal }));
  await new Promise((resolve) => setTimeout(resolve, 600));
  away = false;
  await vi.waitFor(() => expect(train).toHaveBeenCalled(), 3000).catch(() => undefined);
  await loop.stop();
  expect(onFatal).not.toHaveBeenCalled();
  expect(train).toHaveBeenCalledTimes(1);
});

it('trains once for a verdict of drift, from what came since the change, and remembers it over a restart', async () => {
  const training = trainingSchema.parse({ retrain: { mode: 'OnDrift', cooldown: '1ms' } });
  const runs: unknown[] = [];
  const train = async (run: unknown) => {
    runs.push(run);
    return 0;
  };
  const verdict = (id: string) => ({ id, model: 'm', version: 'v', detector: 'PSI', feature: 'item.rank', score: 1 });
  const tell = (...ids: string[]) => {
    const verdicts = ids.map((id) => ({ ...verdict(id), time: 1, changedAt: 7 }));
    writeFileSync(join(folder, 'drift.json'), JSON.stringify({ verdicts, standings: [] }));
  };
  const start = () => startTrainingLoop(options(() => 10, { training, train }));
  const first = start();
  await vi.waitFor(() => expect(runs).toHaveLength(1), 5000);
  tell('4', '17');
  await vi.waitFor(() => expect(runs).toHaveLength(2), 5000);
  expect(runs[1]).toMatchObject({ runId: expect.stringMatching(/^drift-/), since: 7 });
  await vi.waitFor(() => expect(first.phase().phase).toBe('Succeeded'), 5000);
  await first.stop();
  expect(JSON.parse(readFileSync(runsFile, 'utf8'))).toMatchObject([
    { trigger: 'Initial' },
    { trigger: 'Drift', id: '17' },
  ]);
  const second = start();
  writeFileSync(join(folder, 'drift.json'), 'half a rep');
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(runs).toHaveLength(2);
  tell('17', '30');
  await vi.waitFor(() => expect(runs).toHaveLength(3), 5000);
  await second.stop();
});

it('trains once for a wish, whatever the mode, and remembers it over a restart', async () => {
  const training = trainingSchema.parse({ retrain: { mode: 'Never' } });
  const runs: { readonly runId: string }[] = [];
  const train = async (run: { readonly runId: string }) => {
    runs.push(run);
    return 0;
  };
  let wished = '2026-01-01T00:00:00.000Z';
  const start = () => startTrainingLoop(options(() => 10, { training, train, wish: () => wished }));
  const first = start();
  await vi.waitFor(() => expect(first.phase().phase).toBe('Succeeded'), 5000);
  await first.stop();
  const second = start();
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(runs.map(({ runId }) => runId.split('-')[0])).toEqual(['manual']);
  wished = '2026-01-01T00:00:01.000Z';
  await vi.waitFor(() => expect(runs).toHaveLength(2), 5000);
  await second.stop();
});

describe('a training that was interrupted', () => {
  const remembered = () => JSON.parse(readFileSync(runsFile, 'utf8')) as { outcome: string; records: number }[];

  it('is taken up again at the next start, under its name and from its time', async () => {
    const training = trainingSchema.parse({ retrain: { mode: 'OnDrift', cooldown: '1ms' } });
    writeFileSync(runsFile, JSON.stringify([{ startedAt: 1, records: 10, outcome: 'Succeeded' }]));
    const verdict = { id: '4', model: 'm', version: 'v', detector: 'PSI', feature: 'item.rank', score: 1 };
    const verdicts = [{ ...verdict, time: 1, changedAt: 7 }];
    writeFileSync(join(folder, 'drift.json'), JSON.stringify({ verdicts, standings: [] }));
    const asked: unknown[] = [];
    const untilTold: TrainingLoopOptions['train'] = (run, signal) => {
      asked.push(run);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(69)));
    };
    const first = startTrainingLoop(options(() => 10, { training, train: untilTold }));
    await vi.waitFor(() => expect(asked).toHaveLength(1), 5000);
    await first.stop();
    const train = vi.fn(async (_run: unknown) => 0);
    const second = startTrainingLoop(options(() => 99, { training, train }));
    expect(second.phase().phase).toBe('Running');
    await vi.waitFor(() => expect(remembered().at(-1)!.outcome).toBe('Succeeded'), 5000);
    await second.stop();
    expect(train.mock.calls[0]![0]).toEqual(asked[0]);
    expect(asked[0]).toMatchObject({ runId: expect.stringMatching(/^drift-/), since: 7 });
    expect(remembered()).toMatchObject([{}, { records: 10, trigger: 'Drift', id: '4' }]);
  });

  it.each([
    ['was killed or told to end', 69, true],
    ['has failed by itself', 1, false],
  ])('has the same name in the next try where it %s', async (_, code, isSame) => {
    let now = 1e9;
    const clock = { now: () => (now += 700_000) };
    const names: string[] = [];
    const train: TrainingLoopOptions['train'] = async ({ runId }) => {
      names.push(runId);
      return names.length < 3 ? code : 0;
    };
    const loop = startTrainingLoop(options(() => 10, { clock, train }));
    await vi.waitFor(() => expect(names).toHaveLength(3), 5000);
    await loop.stop();
    expect(new Set(names).size).toBe(isSame ? 1 : 3);
    expect(remembered().map(({ outcome }) => outcome)).toEqual(['Failed', 'Failed', 'Succeeded']);
  });
});
