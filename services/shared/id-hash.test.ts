/** The id hash never changes, spreads evenly, and does not collide on the shapes that ids have. */
import { expect, test } from 'vitest';
import { idHash64 } from './id-hash.ts';

test('stored hashes stay what they are', () => {
  expect(idHash64('')).toEqual([3351824448, 2892274288]);
  expect(idHash64('a')).toEqual([3530582438, 3650994011]);
  expect(idHash64('e-1')).toEqual([2636608117, 249999192]);
  expect(idHash64('0f8fad5b-d9cb-469f-a165-70867728950e')).toEqual([1535094515, 1888038116]);
  expect(idHash64('ü€😀')).toEqual([3186681674, 195181868]);
});

test.each([
  ['counted', (i: number) => `e-${i}`],
  ['padded', (i: number) => `order:${String(i).padStart(9, '0')}:1`],
  ['fanned out', (i: number) => `${i >> 4}abc:${i & 15}`],
])('%s ids: no collision in 64 bits, no more than chance in each half', (_, id) => {
  const count = 100_000;
  const whole = new Set<string>();
  const halves = [new Set<number>(), new Set<number>()] as const;
  for (let i = 0; i < count; i++) {
    const [hi, lo] = idHash64(id(i));
    whole.add(`${hi},${lo}`);
    halves[0].add(hi);
    halves[1].add(lo);
  }
  expect(whole.size).toBe(count);
  // Chance makes 1.2 collisions among 100,000 values of 32 bits.
  for (const half of halves) expect(count - half.size).toBeLessThan(12);
});

test('both halves are unsigned', () => {
  for (let i = 0; i < 100; i++) for (const half of idHash64(`x${i}`)) expect(half).toBe(half >>> 0);
});
