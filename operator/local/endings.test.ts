import { expect, it } from 'vitest';
import { createEndings } from './endings.ts';

/** Whether each end was hopeless, `everyMs` apart. */
function judge(codes: readonly (number | null)[], everyMs: number): boolean[] {
  const endings = createEndings();
  return codes.map((code, index) => endings.isHopeless(code, index * everyMs));
}

it.each([1, 2, 64])('gives up at the fifth exit code %i within a minute', (code) => {
  expect(judge([code, code, code, code, code], 15_000)).toEqual([false, false, false, false, true]);
});

it('goes on when they are further apart', () => expect(judge(Array(9).fill(64), 15_001)).not.toContain(true));

it.each([69, null])('goes on for ever after %s', (code) =>
  expect(judge(Array<number | null>(9).fill(code), 1)).not.toContain(true),
);

it('begins to count anew after another end', () => expect(judge([1, 1, 1, 1, 69, 1, 1, 1, 1], 1)).not.toContain(true));
