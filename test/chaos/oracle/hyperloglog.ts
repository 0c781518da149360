/** HyperLogLog with 2,048 registers over the stated 64-bit hash, written with bits as text: slow and plain. */
import { hashText } from './order.ts';

const indexBits = 11;
const registers = 2 ** indexBits;

export function cardinality(values: Iterable<string>): number {
  const ranks = new Map<number, number>();
  for (const value of values) {
    const bits = BigInt(`0x${hashText(value)}`)
      .toString(2)
      .padStart(64, '0');
    const index = Number.parseInt(bits.slice(0, indexBits), 2);
    const one = bits.slice(indexBits).indexOf('1');
    const rank = one < 0 ? 64 - indexBits + 1 : one + 1;
    ranks.set(index, Math.max(ranks.get(index) ?? 0, rank));
  }
  const empty = registers - ranks.size;
  const sum = [...ranks.values()].reduce((total, rank) => total + 2 ** -rank, empty);
  const estimate = ((0.7213 / (1 + 1.079 / registers)) * registers ** 2) / sum;
  const small = estimate <= 2.5 * registers && empty > 0;
  return Math.round(small ? registers * Math.log(registers / empty) : estimate);
}
