/** Diffs are what `diff -u` would write, and hold both texts. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unifiedDiff } from './unified-diff.ts';

const names = { before: 'now', after: 'then' };
const diff = (before: string, after: string): string => unifiedDiff(before, after, names).join('\n');

it('is nothing for equal texts', () => {
  expect(unifiedDiff('a\nb\n', 'a\nb\n', names)).toEqual([]);
  expect(unifiedDiff('', '', names)).toEqual([]);
});

it('shows a change with three lines around it', () => {
  const text = (middle: string): string => `1\n2\n3\n4\n${middle}\n6\n7\n8\n9\n`;
  expect(diff(text('5'), text('five'))).toBe('--- now\n+++ then\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8');
});

it('joins changes that are near, and parts those that are far', () => {
  const text = (...changed: number[]): string =>
    Array.from({ length: 20 }, (_, index) => (changed.includes(index) ? `x${index}` : `${index}`)).join('\n');
  expect(diff(text(), text(3, 9)).match(/^@@.*@@$/gm)).toEqual(['@@ -1,13 +1,13 @@']);
  expect(diff(text(), text(3, 15)).match(/^@@.*@@$/gm)).toEqual(['@@ -1,7 +1,7 @@', '@@ -13,7 +13,7 @@']);
});

it('shows what appears and what goes as a whole', () => {
  expect(diff('', 'a\nb\n')).toBe('--- now\n+++ then\n@@ -0,0 +1,2 @@\n+a\n+b');
  expect(diff('a\n', '')).toBe('--- now\n+++ then\n@@ -1 +0,0 @@\n-a');
});

it('says enough to make either text, of any two', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = unifiedDiff(before, after, names).slice(2);
      const side = (sign: string): string[] =>
        lines.filter((line) => line.startsWith(sign) || line.startsWith(' ')).map((line) => line.slice(1));
      if (before === after) return lines.length === 0;
      // Twelve lines may hold lines that no hunk shows: those are equal on both sides.
      return isWithin(side('-'), before.split('\n')) && isWithin(side('+'), after.split('\n'));
    }),
  );
});

const isWithin = (shown: readonly string[], whole: readonly string[]): boolean => {
  let at = 0;
  for (const line of whole) if (line === shown[at]) at++;
  return at === shown.length;
};
