/** What an answer is worth, and which model gives it at which question. */
import { describe, expect, it } from 'vitest';
import { serveModel } from '../../../../test/serving/sealed-model.ts';
import { createAnswer } from './answer.ts';
import { collectEvidence } from './evidence.ts';
import { checkGolden } from './golden.ts';
import type { GateQuestion } from './hold-out.ts';
import { judge } from './judge.ts';
import { ItemIndex } from '../item-index.ts';
import { Popularity } from '../popularity.ts';

const ids = ['mug', 'lamp', 'clock', 'rug', 'vase'];
const { loaded: model } = serveModel({
  items: ids,
  // After a mug: the lamp, then the clock, then the rug.
  rules: [
    ['mug', 'lamp', 0.9],
    ['mug', 'clock', 0.6],
    ['mug', 'rug', 0.3],
  ],
});
const afterMug = (more: Partial<GateQuestion> = {}): GateQuestion => ({
  profile: 0,
  time: 10,
  history: [{ itemId: 'mug', type: '', time: 1 }],
  targets: ['lamp'],
  seen: new Set(['mug']),
  ...more,
});
const worth = (more: Partial<GateQuestion>) => createAnswer()(model.recommender, model.popularity, afterMug(more));

describe('NDCG of an answer', () => {
  it('is 1 for the best answer, however many items are asked for', () => {
    expect(worth({ targets: ['lamp'] })).toBe(1);
    expect(worth({ targets: ['lamp', 'clock'] })).toBeCloseTo(1, 12);
    expect(worth({ targets: ['lamp', 'clock', 'rug'] })).toBeCloseTo(1, 12);
  });

  it('falls with the place, and with what is not found', () => {
    expect(worth({ targets: ['clock'] })).toBeCloseTo(1 / Math.log2(3), 12);
    expect(worth({ targets: ['lamp', 'unknown'] })).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12);
  });

  it('leaves out what the profile had before', () => {
    expect(worth({ targets: ['clock'], seen: new Set(['mug', 'lamp']) })).toBe(1);
  });
});

it('an event of the very time that the model has seen last is none that came later', () => {
  const { loaded: other } = serveModel({ items: ids, rules: [['mug', 'vase', 0.9]] });
  const candidate = { self: other, twin: model, seenUntil: 10, attributesOf: () => undefined };
  const found = collectEvidence([afterMug(), afterMug({ time: 11 })], candidate, undefined);
  expect(found.fresh).toBe(1);
  expect(Array.from(found.candidate, (value) => value === 1)).toEqual([true, false]);
});

describe('whatever its answers are worth', () => {
  const questions = Array.from({ length: 40 }, (_, profile) => afterMug({ profile }));
  const reasonsOf = (self: typeof model, items: readonly string[] = ids) =>
    judge({
      candidate: { self, twin: self, seenUntil: 1000 },
      active: undefined,
      questions,
      items: new Set(items),
      settings: { minDelta: undefined, segmentFloor: 0.1, latencyBudgetMs: 1000 },
      now: () => 0,
      seed: 1,
    }).reasons;

  it('a model after which all items score alike does not pass', () => {
    const rules = ids.map((to) => ['mug', to, 0.5] as const);
    const { loaded: flat } = serveModel({ items: ids, rules });
    const { kind, items } = flat.recommender;
    const alike = { kind, items, score: (_: unknown, out: Float64Array) => (out.fill(1), true), similar: () => [] };
    expect(reasonsOf({ ...flat, recommender: alike })).toEqual(['after every history all items score alike']);
  });

  it('nor does one that does not know a tenth of the items that the log tells of', () => {
    const others = (count: number) => Array.from({ length: count }, (_, at) => `new-${at}`);
    const { loaded: large } = serveModel({ items: [...ids, ...others(15)], rules: [['mug', 'lamp', 0.9]] });
    expect(reasonsOf(large, [...ids, ...others(17)])[0]).toMatch(/^its NDCG/);
    expect(reasonsOf(large, [...ids, ...others(18)])).toEqual(['it does not know 3 of 23 items that the log tells of']);
  });

  it('nor one without any item', () => {
    const items = new ItemIndex([]);
    const empty = { kind: 'sr', items, score: () => false, similar: () => [] } as const;
    const popularity = new Popularity(items, new Float64Array());
    expect(() => checkGolden({ recommender: empty, popularity })).toThrow('golden check: no item for nothing');
  });
});
