/** One seed of the closed loop on an injected clock; `npm run -s bench -- drift` runs twenty longer ones. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runClosedLoop, type LoopOutcome } from '../../bench/drift/loop/closed-loop.ts';
import { loopSpecs } from '../../bench/drift/loop/pipeline.ts';
import { summariseLoop } from '../../bench/drift/loop/summarise.ts';
import { readShop } from '../../cli/simulate/shop-spec.ts';

const [before, after] = [12_000, 14_000];
const spec = loopSpecs.quick;
const shopOf = (events: number, changeAt?: number) => {
  const changes = changeAt === undefined ? [] : [{ at: changeAt, kind: 'Taste' }];
  return readShop(JSON.stringify({ seed: 3, events, changes }), 'test');
};

describe('a shop whose customers change taste', () => {
  let outcome: LoopOutcome;
  beforeAll(async () => {
    outcome = await runClosedLoop({ spec, shop: shopOf(before + after, before), measuredFrom: before + 9000 });
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

it('finds a change right before a new model is in service for all, by what its hold-out promised', async () => {
  const steady = await runClosedLoop({ spec, shop: shopOf(8000), measuredFrom: Infinity });
  const change = steady.marks.findLast(({ kind }) => kind === 'active')!.at - 100;
  const { marks } = await runClosedLoop({ spec, shop: shopOf(change + 5000, change), measuredFrom: Infinity });
  const later = marks.filter(({ at }) => at >= change);
  expect(later.slice(0, 4).map(({ kind }) => kind)).toEqual(['change', 'active', 'verdict', 'training']);
  expect(later[2]!.text).toMatch(/^HDDM_A\+ADWIN on quality/);
  expect(later[2]!.at - later[1]!.at).toBeLessThanOrEqual(2000);
  expect(later[3]!.text).toMatch(/^Drift: /);
  expect(later[3]!.at - later[2]!.at).toBeLessThanOrEqual(1000);
}, 300_000);
