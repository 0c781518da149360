import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressRows, greatestEntries, pruneRows, type ItemMatrix } from './item-matrix.ts';

const entries = (...list: [number, number, number][]) => ({
  rows: Uint32Array.from(list, (entry) => entry[0]),
  columns: Uint32Array.from(list, (entry) => entry[1]),
  values: Float64Array.from(list, (entry) => entry[2]),
});

function dense(matrix: ItemMatrix, size: number): number[][] {
  return Array.from({ length: matrix.rows }, (_, row) => {
    const out = new Float64Array(size);
    matrix.addRow(row, 1, out);
    return [...out];
  });
}

describe('ItemMatrix', () => {
  it('compresses coordinates of any order into rows with ascending columns', () => {
    const matrix = compressRows(3, entries([2, 1, 0.5], [0, 2, 4], [2, 0, 8], [0, 1, 2]));
    expect([...matrix.starts]).toEqual([0, 2, 2, 4]);
    expect([...matrix.columns]).toEqual([1, 2, 0, 1]);
    expect([...matrix.values]).toEqual([2, 4, 8, 0.5]);
  });

  it('adds a weighted row and says whether there was one', () => {
    const matrix = compressRows(3, entries([0, 2, 4]));
    const out = Float64Array.of(1, 1, 1);
    expect(matrix.addRow(0, 0.5, out)).toBe(true);
    expect([...out]).toEqual([1, 1, 3]);
    expect(matrix.addRow(1, 1, out)).toBe(false);
    expect(matrix.addRow(-1, 1, out)).toBe(false);
    expect(matrix.addRow(9, 1, out)).toBe(false);
  });

  it('keeps the entries of greatest magnitude in each row, the lower column among equals', () => {
    const matrix = compressRows(4, entries([0, 0, 1], [0, 1, -5], [0, 2, 3], [0, 3, 3], [1, 0, 1]));
    expect(dense(pruneRows(matrix, 2), 4).slice(0, 2)).toEqual([
      [0, -5, 3, 0],
      [1, 0, 0, 0],
    ]);
  });

  it('loses nothing in compression, whatever the order of the coordinates', () => {
    const cell = fc.tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 9 }));
    const cells = fc.uniqueArray(cell, { selector: ([row, column]) => row * 6 + column });
    fc.assert(
      fc.property(cells, (list) => {
        const expected = Array.from({ length: 6 }, () => Array<number>(6).fill(0));
        for (const [row, column, value] of list) expected[row]![column] = value;
        expect(dense(compressRows(6, entries(...list)), 6)).toEqual(expected);
      }),
    );
  });
});

describe('greatestEntries', () => {
  it('equals the head of a stable sort by magnitude, in ascending order of place', () => {
    const values = fc.array(
      fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0.5, -0.5, 0)),
    );
    fc.assert(
      fc.property(values, fc.nat(20), (list, keep) => {
        const floats = Float32Array.from([9, ...list, 9]);
        const places = list.map((_, at) => at + 1).sort((a, b) => Math.abs(floats[b]!) - Math.abs(floats[a]!));
        const expected = places.slice(0, keep).sort((a, b) => a - b);
        expect([...greatestEntries(floats, 1, list.length + 1, keep)]).toEqual(expected);
      }),
    );
  });
});
