import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addPoint, interpolateAt, lastAt, mergePoints, pointsKept, type Point } from './recent-points.ts';

const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -9, max: 9 })), { maxLength: 30 });

describe('the newest points', () => {
  it('are the same in any order and any parts', () => {
    fc.assert(
      fc.property(points, points, (a, b) => {
        const added: Point[] = [];
        for (const point of [...b, ...a]) addPoint(added, point);
        const distinct = [...new Map([...a, ...b].map((point) => [point.join(), point])).values()];
        const newest = distinct.toSorted((x, y) => x[0] - y[0] || (String(x[1]) < String(y[1]) ? -1 : 1));
        expect(added).toEqual(newest.slice(-pointsKept));
        expect(mergePoints(mergePoints([], a), mergePoints([], b))).toEqual(added);
      }),
    );
  });

  it('give the last one that is not after a time', () => {
    const known: Point[] = [
      [10, 'a'],
      [20, 'b'],
    ];
    expect([9, 10, 19, 20, 99].map((time) => lastAt(known, time))).toEqual([undefined, 'a', 'a', 'b', 'b']);
  });

  it('are joined by straight lines, and carried on level', () => {
    const known: Point[] = [
      [10, 1],
      [20, 5],
      [20, 7],
      [40, 1],
    ];
    expect([0, 10, 15, 20, 30, 40, 99].map((time) => interpolateAt(known, time))).toEqual([1, 1, 3, 7, 4, 1, 1]);
    expect(interpolateAt([], 5)).toBeUndefined();
    expect(interpolateAt([[3, 9]], 5)).toBe(9);
  });
});
