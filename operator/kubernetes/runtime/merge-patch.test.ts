import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergePatchBetween } from './merge-patch.ts';

it('is nothing when both say the same', () => {
  expect(mergePatchBetween({ a: 1, b: { c: [1, { d: 2 }] } }, { b: { c: [1, { d: 2 }] }, a: 1 })).toBeUndefined();
  expect(mergePatchBetween(undefined, {})).toBeUndefined();
  expect(mergePatchBetween({ a: 1 }, { a: 1, b: undefined, c: null })).toBeUndefined();
  expect(mergePatchBetween({ a: [{ b: 1 }] }, { a: [{ b: 1, c: undefined }] })).toBeUndefined();
});

it('sets what differs, replaces lists as a whole, and removes what is gone', () => {
  expect(mergePatchBetween({ a: 1, b: { c: 1, d: 2 }, e: [1, 2], f: 0 }, { a: 1, b: { c: 3, d: 2 }, e: [1] })).toEqual({
    b: { c: 3 },
    e: [1],
    f: null,
  });
});

it('turns the one into the other, by the rules of RFC 7396', () => {
  const value = fc.letrec((tie) => ({
    json: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.array(fc.integer()), tie('object')),
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('json')),
  })).object as fc.Arbitrary<Record<string, unknown>>;
  fc.assert(
    fc.property(value, value, (current, wanted) => {
      const patch = mergePatchBetween(current, wanted);
      expect(merged(current, patch ?? {})).toEqual(merged({}, wanted));
      expect(mergePatchBetween(wanted, wanted)).toBeUndefined();
    }),
  );
});

/** MergePatch of RFC 7396, section 2. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}
