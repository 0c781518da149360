/** A seeded fifth of what `npm run chaos -- operator` does: single writes of the operator disturbed, one at a time. */
import { expect, inject, it } from 'vitest';
import { runOperatorChaos } from './run.ts';

const minutes = 60_000;

it('comes to the same end whatever becomes of a single write', { timeout: 30 * minutes }, async () => {
  const seed = Date.now() % 1_000_000;
  console.log(`seed ${seed}`);
  const report = await runOperatorChaos({
    seed,
    fraction: 0.2,
    atOnce: 6,
    brokers: { kafka: inject('kafka'), redis: inject('redis') },
    tell: (what) => console.log(what),
  });
  console.log(JSON.stringify(report));
  expect(report.failures).toEqual([]);
  expect(report.cases).toBeGreaterThan(100);
});
