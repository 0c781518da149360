import { describe, expect, it } from 'vitest';
import { serveModel } from '../../../../test/serving/sealed-model.ts';
import type { HistoryEntry } from '../recommender.ts';
import { checkGolden } from './golden.ts';

const { loaded: model } = serveModel({ items: ['mug', 'lamp', 'clock'], rules: [['mug', 'lamp', 0.5]] });

/** The model with a fault that only scoring shows. */
function faulty(fault: (history: readonly HistoryEntry[], out: Float64Array) => void): typeof model {
  const { kind, items } = model.recommender;
  const recommender = {
    kind,
    items,
    score: (history: readonly HistoryEntry[], out: Float64Array) => {
      out.fill(1);
      fault(history, out);
      return true;
    },
    similar: () => [],
  };
  return { ...model, recommender };
}
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'ModelInvalid', message: expect.stringMatching(message) });

describe('checkGolden', () => {
  it('passes a sound model, a small one too', () => {
    checkGolden(model);
    checkGolden(serveModel({ items: ['mug'] }).loaded);
  });

  it.each([NaN, Infinity, -Infinity])('refuses a score of %d, and says for which history and item', (score) => {
    const bad = faulty((history, out) => {
      if (history.some(({ itemId }) => itemId === 'clock')) out[1] = score;
    });
    expect(() => checkGolden(bad)).toThrow(invalid(/clock.*sr scores lamp (NaN|-?Infinity)/));
  });

  it('refuses popularity that is none', () => {
    const counts = model.popularity.counts.slice();
    counts[2] = NaN;
    const popularity = Object.assign(Object.create(model.popularity) as typeof model.popularity, {
      score: (_: unknown, out: Float64Array) => (out.set(counts), true),
    });
    expect(() => checkGolden({ ...model, popularity })).toThrow(invalid(/scores clock NaN/));
  });
});
