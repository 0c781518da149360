import { expect, it } from 'vitest';
import { contentHash } from './content-hash.ts';

it('depends on what is said, not on the order of keys or on what is undefined', () => {
  const hash = contentHash({ a: 1, b: { c: [1, { d: 'x', e: null }] } });
  expect(hash).toMatch(/^[\w-]{22}$/);
  expect(contentHash({ b: { c: [1, { e: null, d: 'x' }], f: undefined }, a: 1 })).toBe(hash);
});

it('depends on every value, on the order of lists, and on types', () => {
  const hashes = [
    {},
    { a: 1 },
    { a: '1' },
    { a: null },
    { a: [1, 2] },
    { a: [2, 1] },
    { a: [] },
    { a: {} },
    { b: 1 },
    [],
  ];
  expect(new Set(hashes.map(contentHash)).size).toBe(hashes.length);
});
