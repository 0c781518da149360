/** One seed of the closed loop on an injected clock; `npm run -s bench -- drift` runs twenty longer ones. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runClosedLoop, type LoopOutcome } from '../../bench/drift/loop/closed-loop.ts';
import { summariseLoop } from '../../bench/drift/loop/summarise.ts';
import { readShop } from '../../cli/simulate/shop-spec.ts';

const [before, after] = [12_000, 14_000];
const shop = readShop(
  JSON.stringify({ seed: 3, events: before + after, changes: [{ at: before, kind: 'Taste' }] }),
  'test',
);

describe('a shop whose customers change taste', () => {
  let outcome: LoopOutcome;
  beforeAll(async () => {
    outcome = await runClosedLoop({ shop, measuredFrom: before + 9000 });
  }, 300_000);

  it('is found out, once, soon after the change', () => {
    const { falseAlarms, delay } = summariseLoop(outcome);
    expect(falseAlarms).toBe(0);
    expect(delay).toBeLessThanOrEqual(3000);
  });

  it('is learned from what came after the change alone, through gate and canary', () => {
    const kinds = outcome.marks.filter(({ at }) => at >= before).map(({ kind }) => kind);
    const first = ['change', 'verdict', 'training', 'canary', 'active'] as const;
    const places = first.map((kind) => kinds.indexOf(kind));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBe(0);
    const training = outcome.marks.find(({ at, kind }) => at > before && kind === 'training')!;
    expect(training.text).toMatch(/^Drift: /);
    const learned = Number(/from (\d+) events/.exec(training.text)![1]);
    expect(learned).toBeGreaterThan(0.7 * (training.at - before));
    // A detector does not know to the event when it was.
    expect(learned).toBeLessThan(training.at - before + 1500);
  });

  it('is served as well as by a model of the new taste alone, which the old model is far from', () => {
    const { recovered, static: unchanged } = summariseLoop(outcome);
    expect(recovered).toBeGreaterThanOrEqual(0.95);
    expect(unchanged).toBeLessThan(0.5);
  });
});
