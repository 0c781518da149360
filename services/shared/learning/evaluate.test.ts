import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, rankTargets, type EvaluationInput, type StepScorer } from './evaluate.ts';

const never = (): boolean => false;
const scorerOf = (...scores: number[]): StepScorer => ({
  scoreSteps: (_steps, out) => {
    out.set(scores);
    return true;
  },
});
const unknown: StepScorer = { scoreSteps: never };

/** One profile that has seen item 0 and is asked for `targets`; `more` are steps that are no targets. */
function asking(targets: number[], changes: Partial<EvaluationInput> = {}, more: number[] = []): EvaluationInput {
  const items = [0, ...targets, ...more];
  return {
    sequences: {
      starts: Uint32Array.of(0, items.length),
      items: Uint32Array.from(items),
      times: new Float64Array(items.length),
      targets: Uint8Array.from(items, (_, at) => Number(at <= targets.length)),
    },
    queries: { start: Uint32Array.of(0), at: Uint32Array.of(1), end: Uint32Array.of(items.length) },
    items: 5,
    k: 2,
    length: 50,
    fallback: scorerOf(5, 4, 3, 2, 1),
    ...changes,
  };
}

describe('evaluate', () => {
  it('gives the hand-computed figures for one basket', () => {
    // Item 0 is seen, so the order is 3, 1, 2, 4: of the targets 1 and 2, item 1 is second and item 2 third.
    const result = evaluate(scorerOf(9, 5, 3, 7, 1), asking([1, 2]));
    const ideal = 1 + 1 / Math.log2(3);
    expect(result).toEqual({ queries: 1, recall: 1 / 2, ndcg: 1 / Math.log2(3) / ideal, mrr: 1 / 2, coverage: 2 / 5 });
  });

  it('takes the pessimistic side of ties', () => {
    expect(evaluate(scorerOf(0, 1, 1, 1, 0), asking([1])).recall).toBe(0);
    expect(evaluate(scorerOf(0, 1, 1, 0, 0), asking([1])).mrr).toBe(1 / 2);
    // Equal scores of two targets do not stand in each other's way.
    expect(evaluate(scorerOf(0, 1, 1, 0, 0), asking([1, 2])).recall).toBe(1);
  });

  it('leaves out what the profile has seen, steps that are no targets, and questions without anything new', () => {
    expect(evaluate(scorerOf(9, 1, 0, 0, 0), asking([0, 1])).recall).toBe(1);
    expect(evaluate(scorerOf(0, 1, 0, 0, 0), asking([1], {}, [4])).recall).toBe(1);
    expect(evaluate(scorerOf(9, 1, 0, 0, 0), asking([0]))).toEqual({
      queries: 0,
      recall: 0,
      ndcg: 0,
      mrr: 0,
      coverage: 0,
    });
  });

  it('asks the fallback where the model knows nothing, and shows at most the newest steps of a history', () => {
    expect(evaluate(unknown, asking([1])).mrr).toBe(1);
    let shown: number[] = [];
    const spy: StepScorer = { scoreSteps: (steps) => ((shown = [...steps]), true) };
    const input = asking([3, 2, 1], { length: 2 });
    evaluate(spy, { ...input, queries: { start: Uint32Array.of(0), at: Uint32Array.of(3), end: Uint32Array.of(4) } });
    expect(shown).toEqual([3, 2]);
  });
});

describe('rankTargets', () => {
  it('equals a full sort with the others first among equals', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(
        scores,
        fc.array(fc.nat(24), { maxLength: 6 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 8 }),
        (list, picks, seenEvery, k) => {
          const isSeen = (item: number): boolean => seenEvery > 0 && item % (seenEvery + 1) === 0;
          const targets = [...new Set(picks)].filter((item) => item < list.length && !isSeen(item));
          const order = list
            .map((_, item) => item)
            .filter((item) => !isSeen(item))
            .sort((a, b) => list[b]! - list[a]! || Number(targets.includes(a)) - Number(targets.includes(b)));
          const expected = order.slice(0, k).flatMap((item, at) => (targets.includes(item) ? [at + 1] : []));
          expect(rankTargets(Float64Array.from(list), targets, k, isSeen).ranks).toEqual(expected);
        },
      ),
    );
  });
});
