/** What is counted of a trial, and what is shown of one that is over. */
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createServingMetrics } from './metrics.ts';
import { createOperations, type OperateDeps } from './operate.ts';
import { createTrialCounts } from './trial-counts.ts';

function world() {
  const registry = new Registry();
  let now = 0;
  const counts = createTrialCounts(createServingMetrics(registry), () => now);
  /** An answer of the arm that takes so many milliseconds; undefined: it fails at once. */
  const answer = (arm: 'canary' | 'stable' | undefined, ms: number | undefined, generation = 2) =>
    counts.measure({ name: 'next-item', generation, ...(arm && { arm }) }, () => {
      if (ms === undefined) throw new Error('a fault of the model');
      now += ms;
      return 'answered';
    });
  return { counts, answer, registry };
}
const noSeconds = Array.from({ length: 10 }, () => 0);

it('counts answers, faults and times of each arm, a bound within its bin, and passes on what the work gives', () => {
  const { counts, answer } = world();
  expect(answer('canary', 5)).toBe('answered');
  answer('canary', 5.1);
  expect(() => answer('canary', undefined)).toThrow('a fault of the model');
  answer('stable', 2000);
  answer(undefined, 7);
  expect(counts.figures()).toEqual([
    {
      model: 'next-item',
      generation: 2,
      canary: { answers: 3, errors: 1, seconds: noSeconds.with(0, 1).with(2, 1).with(3, 1) },
      stable: { answers: 1, errors: 0, seconds: noSeconds.with(9, 1) },
    },
  ]);
});

it('begins anew with each trial, of the metrics too', async () => {
  const { counts, answer, registry } = world();
  answer('canary', 1);
  answer('stable', 1, 3);
  expect(counts.figures()).toMatchObject([{ generation: 3, canary: { answers: 0 }, stable: { answers: 1 } }]);
  const text = await registry.metrics();
  expect(text).toContain('generation="3"');
  expect(text).not.toContain('generation="2"');
});

it('who is on trial goes by the person, whatever id the person is asked for by', async () => {
  const asked: (string | null)[] = [];
  const operations = createOperations({
    vectors: { read: async () => ({ id: 'u-1' }) },
    uses: [{ name: 'next-item' }],
    modelOf: (_name: string, profile: string | null) => void asked.push(profile),
    newId: () => 'request',
  } as unknown as OperateDeps);
  const answer = operations.getRecommendations({ id: 'visitor-9', query: {} as never, body: undefined });
  await expect(answer).rejects.toMatchObject({ code: 'NoModel' });
  expect(asked).toEqual(['u-1']);
});
