import { describe, expect, it } from 'vitest';
import { serveModel } from '../../test/serving/sealed-model.ts';
import type { HistoryEntry } from '../shared/learning/recommender.ts';
import { checkGolden } from './golden.ts';
import type { ServedModel } from './recommend.ts';

const model = serveModel({ items: ['mug', 'lamp', 'clock'], rules: [['mug', 'lamp', 0.5]] });

/** The model with a fault that only scoring shows. */
function faulty(fault: (history: readonly HistoryEntry[], out: Float64Array) => void): ServedModel {
  const { kind, items } = model.loaded.recommender;
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
  return { ...model, loaded: { ...model.loaded, recommender } };
}
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'ModelInvalid', message: expect.stringMatching(message) });

describe('checkGolden', () => {
  it('passes a sound model, a small one too', () => {
    checkGolden(model);
    checkGolden(serveModel({ items: ['mug'] }));
  });

  it.each([NaN, Infinity, -Infinity])('refuses a score of %d, and says for which history and item', (score) => {
    const bad = faulty((history, out) => {
      if (history.some(({ itemId }) => itemId === 'clock')) out[1] = score;
    });
    expect(() => checkGolden(bad)).toThrow(invalid(/clock.*sr scores lamp (NaN|-?Infinity)/));
  });

  it('refuses popularity that is none', () => {
    const { loaded } = model;
    const counts = loaded.popularity.counts.slice();
    counts[2] = NaN;
    const popularity = Object.assign(Object.create(loaded.popularity) as typeof loaded.popularity, {
      score: (_: unknown, out: Float64Array) => (out.set(counts), true),
    });
    expect(() => checkGolden({ ...model, loaded: { ...loaded, popularity } })).toThrow(invalid(/scores clock NaN/));
  });
});
