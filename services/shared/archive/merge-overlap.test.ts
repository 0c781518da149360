/** Many small segments become one, though some of them hold the same records. */
import { expect, it } from 'vitest';
import { SegmentArchive } from './segment-archive.ts';
import { allOf, eventLine, linesIn, memorySegments, recordAt } from './test-log.ts';

it('gives each record once, in order, from what two writers have left and a merge has made one of', async () => {
  const archive = new SegmentArchive(memorySegments());
  // Each begins within the one before it, as where two processes archive at once.
  const stretches = Array.from({ length: 13 }, (_, at) => ({ first: 3 * at, last: 3 * at + 4 }));
  const records = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, at) => recordAt(first + at, [eventLine(`e-${first + at}`)]));
  for (const { first, last } of stretches) await archive.append({ partition: 0, first, last }, records(first, last));
  const whole = linesIn(records(0, 40));
  const read = async () => linesIn(await allOf(archive.read({ partition: 0, from: 0 })));
  expect(await read()).toEqual(whole);
  expect(await archive.merge()).toBeGreaterThan(0);
  expect(await archive.segments()).toHaveLength(1);
  expect(await read()).toEqual(whole);
});
