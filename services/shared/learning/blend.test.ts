import { describe, expect, it } from 'vitest';
import { Blend } from './blend.ts';
import { ItemIndex } from './item-index.ts';
import { compressRows } from './item-matrix.ts';
import { Popularity } from './popularity.ts';

const items = new ItemIndex(['a', 'b', 'c']);
const step = (itemId: string) => ({ itemId, type: 'view', time: 0 });
const matrix = (...list: [number, number, number][]) =>
  compressRows(3, {
    rows: Uint32Array.from(list, (entry) => entry[0]),
    columns: Uint32Array.from(list, (entry) => entry[1]),
    values: Float64Array.from(list, (entry) => entry[2]),
  });
const sr = { name: 'sr', matrix: matrix([0, 1, 4], [1, 2, 8]), weight: 1, decay: 0.5 } as const;
const ease = { name: 'ease', matrix: matrix([0, 2, 1]), weight: 2, decay: 0.25 } as const;

describe('Blend', () => {
  it('weighs a history by decay^age, unknown items taking a step', () => {
    const out = new Float64Array(3);
    expect(new Blend(items, [sr]).score([step('a'), step('?'), step('b')], out)).toBe(true);
    expect([...out]).toEqual([0, 4 * 0.25, 8]);
  });

  it('adds its parts, each with its own weight and decay', () => {
    const out = Float64Array.of(7, 7, 7);
    const blend = new Blend(items, [sr, ease]);
    expect(blend.kind).toBe('blend');
    blend.score([step('a'), step('b')], out);
    expect([...out]).toEqual([0, 4 * 0.5, 8 + 2 * 0.25]);
  });

  it('says when it knows nothing of a history', () => {
    const out = new Float64Array(3);
    const model = new Blend(items, [sr]);
    expect([model.kind, model.score([], out), model.score([step('c')], out)]).toEqual(['sr', false, false]);
    expect([...out]).toEqual([0, 0, 0]);
  });

  it('finds similar items, without the item itself and without those it shares nothing with', () => {
    expect(new Blend(items, [sr, ease]).similar(0, 5)).toEqual([
      { item: 1, score: 4 },
      { item: 2, score: 2 },
    ]);
    expect(new Blend(items, [sr]).similar(2, 5)).toEqual([]);
  });
});

describe('Popularity', () => {
  it('scores everyone alike', () => {
    const out = new Float64Array(3);
    const model = new Popularity(items, Float64Array.of(9, 4, 1));
    expect(model.score([], out)).toBe(true);
    expect([...out]).toEqual([9, 4, 1]);
    expect(model.similar(0, 3)).toEqual([]);
  });
});
