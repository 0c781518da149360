import { describe, expect, it } from 'vitest';
import { serveModel } from '../../test/serving/sealed-model.ts';
import type { ItemAttributes } from '../shared/event.ts';
import { recommend, similarItems, type RecommendationRules, type Wish } from './recommend.ts';

const model = serveModel({
  items: ['mug', 'lamp', 'clock', 'bag', 'bell'],
  rules: [
    ['mug', 'bag', 0.9],
    ['mug', 'clock', 0.5],
    ['mug', 'bell', 0.4],
    ['lamp', 'clock', 0.8],
  ],
  attributes: { bag: { category: 'bags', title: 'A bag' }, clock: { category: 'clocks' }, bell: { category: 'bells' } },
});
const step = (itemId: string, type = 'view') => ({ itemId, type, time: 0 });
const noRules: RecommendationRules = { pin: [], bury: new Set(), bought: new Set() };

function ask(wish: Partial<Wish>, rules: Partial<RecommendationRules> = {}, live: Record<string, ItemAttributes> = {}) {
  const full = { history: [step('mug')], n: 3, exclude: new Set<string>(), category: undefined, ...wish };
  return recommend(model, full, { ...noRules, ...rules }, (itemId) => live[itemId]);
}
const idsOf = ({ items }: ReturnType<typeof recommend>) => items.map(({ itemId }) => itemId);

describe('recommend', () => {
  it('gives the best items for the history, with titles', () => {
    const answer = ask({});
    expect(answer.personalised).toBe(true);
    expect(answer.items[0]).toEqual({ itemId: 'bag', score: expect.closeTo(0.9, 5), title: 'A bag' });
    expect(idsOf(answer)).toEqual(['bag', 'clock', 'bell']);
  });

  it.each([[[]], [[step('unheard-of')]]])('falls back to popularity for a history of %j', (history) => {
    const answer = ask({ history });
    expect(answer.personalised).toBe(false);
    expect(answer.items).toEqual([
      { itemId: 'mug', score: 5 },
      { itemId: 'lamp', score: 4 },
      { itemId: 'clock', score: 3 },
    ]);
  });

  it('calls a popularity model what it is, whatever the history', () => {
    const popular = serveModel({ items: ['mug', 'lamp'] });
    const wish = { history: [step('mug')], n: 1, exclude: new Set<string>(), category: undefined };
    expect(recommend(popular, wish, noRules, () => undefined)).toEqual({
      items: [{ itemId: 'mug', score: 2 }],
      personalised: false,
    });
  });

  it('leaves out what the request excludes and what is not available', () => {
    expect(idsOf(ask({ exclude: new Set(['bag']) }))).toEqual(['clock', 'bell', 'mug']);
    expect(idsOf(ask({}, {}, { clock: { available: false } }))).toEqual(['bag', 'bell', 'mug']);
    expect(idsOf(ask({}, {}, { clock: { available: true } }))).toEqual(['bag', 'clock', 'bell']);
  });

  it('leaves out what was bought, and only that', () => {
    const history = [step('bag', 'purchase'), step('clock', 'view'), step('mug', 'view')];
    expect(idsOf(ask({ history, n: 4 }, { bought: new Set(['purchase']) }))).not.toContain('bag');
    expect(idsOf(ask({ history, n: 4 }, { bought: new Set(['purchase']) }))).toContain('clock');
    expect(idsOf(ask({ history, n: 4 }))).toContain('bag');
  });

  it('keeps to the category: of the live catalogue, else as the model saw it', () => {
    expect(idsOf(ask({ category: 'bags' }))).toEqual(['bag']);
    expect(idsOf(ask({ category: 'bags' }, {}, { bag: { category: 'sacks' }, lamp: { category: 'bags' } }))).toEqual([
      'lamp',
    ]);
    expect(idsOf(ask({ category: 'bags' }, {}, { bag: { category: null } }))).toEqual(['bag']);
  });

  it('puts pinned items first, in their order, once, also such as the model does not know', () => {
    const answer = ask({ n: 4 }, { pin: ['bell', 'new', 'bell'] });
    expect(answer.items.slice(0, 2)).toEqual([
      { itemId: 'bell', score: expect.closeTo(0.4, 5), pinned: true },
      { itemId: 'new', score: 0, pinned: true },
    ]);
    expect(idsOf(answer)).toEqual(['bell', 'new', 'bag', 'clock']);
    expect(idsOf(ask({ n: 1 }, { pin: ['bell', 'new'] }))).toEqual(['bell']);
  });

  it('does not pin what is excluded, unavailable, bought or of another category', () => {
    const pin = ['bell'];
    expect(idsOf(ask({ exclude: new Set(pin) }, { pin }))).not.toContain('bell');
    expect(idsOf(ask({}, { pin }, { bell: { available: false } }))).not.toContain('bell');
    expect(idsOf(ask({ category: 'bags' }, { pin }))).toEqual(['bag']);
    const history = [step('bell', 'purchase'), step('mug')];
    expect(idsOf(ask({ history }, { pin, bought: new Set(['purchase']) }))).not.toContain('bell');
  });

  it('never brings buried items, pinned or not', () => {
    const bury = new Set(['bag', 'clock']);
    expect(idsOf(ask({ n: 3 }, { bury }))).toEqual(['bell', 'mug', 'lamp']);
    expect(idsOf(ask({ n: 9 }, { bury, pin: ['bag'] }))).toEqual(['bell', 'mug', 'lamp']);
  });
});

describe('similarItems', () => {
  it.each([
    [2, [] as string[], ['bag', 'clock']],
    [1, ['bag', 'clock'], ['bell']],
    [9, ['bag', 'clock'], ['bell']],
  ])('gives the %i most similar items without %j', (n, excluded, expected) => {
    const isExcluded = (itemId: string) => excluded.includes(itemId);
    const found = similarItems(model, 0, n, { lookup: () => undefined, isExcluded });
    expect(found.map(({ itemId }) => itemId)).toEqual(expected);
  });
});
