/** HyperLogLog: ranks over all 53 bits, and estimates within their error at every size. */
import { expect, test } from 'vitest';
import { idHash64 } from '../../id-hash.ts';
import { cardinality, observe, registerCount } from './hyperloglog.ts';

test.each([
  [0, 0x80000000, 0, 22],
  [0, 1, 0, 53],
  [0, 0, 0, 54],
  [0x00100000, 0, 0, 1],
  [0x001fffff, 0xffffffff, 0, 1],
  [0x00000001, 0, 0, 21],
  [0xffffffff, 0, 2047, 1],
  [0x00200000, 5, 1, 51],
])('hash %#: register and rank', (hi, lo, register, rank) => {
  const registers = new Uint8Array(registerCount);
  observe(registers, hi, lo);
  expect([registers.findIndex((value) => value > 0), Math.max(...registers)]).toEqual([register, rank]);
});

test.each([0, 1, 10, 300, 3000, 5000, 6000, 50_000])('%i values are estimated within four standard errors', (count) => {
  const registers = new Uint8Array(registerCount);
  for (let i = 0; i < count; i++) observe(registers, ...idHash64(`value ${i}`));
  expect(Math.abs(cardinality(registers) - count)).toBeLessThanOrEqual(4 * 0.023 * count);
});
