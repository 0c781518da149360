/** What archive and broker hold together, at their edges. */
import { expect, it } from 'vitest';
import { joinExtents } from './read-history.ts';

const held = { partition: 0, low: 5, high: 30 };

it.each([
  ['nothing is archived', { from: 0, to: 0 }, { from: 5, to: 30 }],
  ['the archive reaches further back', { from: 0, to: 20 }, { from: 0, to: 30 }],
  ['the archive was begun later than the log', { from: 10, to: 20 }, { from: 5, to: 30 }],
  ['they meet exactly', { from: 0, to: 5 }, { from: 0, to: 30 }],
  ['all is archived', { from: 0, to: 30 }, { from: 0, to: 30 }],
])('where %s', (_, archived, whole) => expect(joinExtents(held, archived)).toEqual(whole));

it('is refused where a record is missing between them, or the log is another one', () => {
  expect(() => joinExtents(held, { from: 0, to: 4 })).toThrow(expect.objectContaining({ code: 'LogGap' }) as Error);
  expect(() => joinExtents(held, { from: 0, to: 31 })).toThrow(
    expect.objectContaining({ code: 'LogAheadOfTopic' }) as Error,
  );
});
