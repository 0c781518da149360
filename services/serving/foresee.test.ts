import { describe, expect, it } from 'vitest';
import { serveModel } from '../../test/serving/sealed-model.ts';
import { rankerOf } from '../shared/learning/ranker/ranker-blend.ts';
import { foresee, type Foreseeing } from './foresee.ts';
import type { ModelUse } from './model-uses.ts';

const soon = { name: 'soon', events: ['purchase'], within: '1h' };
const later = { name: 'later', events: ['purchase'], within: '168h' };
const use = (name: string, heads: ModelUse['heads']): ModelUse => ({
  name,
  history: 'history',
  shape: { types: undefined, length: 5 },
  rules: { pin: [], bury: new Set(), bought: new Set() },
  heads,
});
const uses = [use('next-item', { labels: [later, soon] }), use('plain', undefined)];
const small = { items: ['mug', 'lamp', 'bag'], rules: [['mug', 'bag', 0.9]] } as const;
const heads = { labels: ['soon'], categories: ['mugs', 'lamps'], timeToNext: true };
const model = serveModel({ ...small, heads });
const history = ['mug', 'gone', 'lamp'].map((itemId, at) => ({ itemId, type: 'view', time: 1000 * at }));
const of = (changes: Partial<Foreseeing> = {}): Foreseeing => ({
  uses,
  modelOf: () => model,
  historyOf: () => history,
  ...changes,
});

describe('what comes next', () => {
  it('is what the heads say of the known steps, by the labels that both spec and model have', () => {
    const [said] = foresee(of(), undefined);
    const expected = rankerOf(model.loaded.recommender)!.foresee(Int32Array.of(0, 1))!;
    expect(said!.model).toBe(model);
    expect(said!.answer).toEqual({
      after: '1970-01-01T00:00:02.000Z',
      propensities: [{ label: 'soon', events: ['purchase'], within: '1h', probability: expected.propensity[0] }],
      category: expected.category,
      secondsToNext: expected.timeToNext! / 1000,
    });
    expect(expected.category!.probability).toBeGreaterThanOrEqual(0.5);
  });

  it('is nothing of an unknown history, or by a model in service without a ranker', () => {
    expect(foresee(of({ historyOf: () => [] }), undefined)).toEqual([]);
    expect(foresee(of({ modelOf: () => serveModel(small) }), 'next-item')).toEqual([]);
  });

  it('leaves out what the model has no heads for', () => {
    const only = serveModel({ ...small, heads: { labels: [], categories: [], timeToNext: true } });
    const { propensities, ...rest } = foresee(of({ modelOf: () => only }), undefined)[0]!.answer;
    expect([propensities, Object.keys(rest)]).toEqual([[], ['after', 'secondsToNext']]);
  });

  it('is refused where no ranker is to foresee it, or none is in service', () => {
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => foresee(of(), 'plain')).toThrow(code('NotFound'));
    expect(() => foresee(of({ uses: [uses[1]!] }), undefined)).toThrow(code('NotFound'));
    expect(() => foresee(of({ modelOf: () => undefined }), undefined)).toThrow(code('NoModel'));
  });
});
