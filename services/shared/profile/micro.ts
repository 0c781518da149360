/** Exact sums: a number is held as whole millionths, which add up to the same in any order; doubles do not. */

/** Millionths: a number while it is a safe integer, else a bigint. Equal amounts always have equal form. */
export type Micro = number | bigint;

/** A larger number is no number to a feature: the event counts as lacking the field (the cleaner refuses such values). */
export const maxAbsolute = 1e9;

/** `abs(value) ≤ 10⁹`, so the result is at most 10¹⁵ and exact to half a millionth. */
export const toMicro = (value: number): number => Math.round(value * 1e6) + 0;

export function addMicro(a: Micro, b: Micro): Micro {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return settle(BigInt(a) + BigInt(b));
}

/** The one form of an amount. */
export function settle(amount: bigint): Micro {
  const number = Number(amount);
  return Number.isSafeInteger(number) ? number : amount;
}

/** The nearest double: one division of the exact amount by 10⁶ times `parts` (for a mean, the number of summands). */
export const fromMicro = (amount: Micro, parts = 1): number => Number(amount) / (parts * 1e6);
