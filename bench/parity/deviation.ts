/** The greatest distance of two lists of numbers, however nested. Infinity if their shapes differ. */
export function deviation(found: unknown, expected: unknown): number {
  if (typeof found === 'number' && typeof expected === 'number') return Math.abs(found - expected);
  if (!isList(found) || !isList(expected) || found.length !== expected.length) return Infinity;
  let greatest = 0;
  for (let at = 0; at < found.length; at++) greatest = Math.max(greatest, deviation(found[at], expected[at]));
  return greatest;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
