import { describe, expect, it } from 'vitest';
import { invertHere } from '../learning/ease.ts';
import { sweepLayout } from '../learning/spd-inverse.ts';
import { sharedMemory, type SharedMemory } from '../learning/sweep-kernel.ts';
import { invertInThreads } from './sweep-threads.ts';

const size = 333;

/** A dominant diagonal, and below it values that differ everywhere. Two counters lie behind the matrices. */
function problem(threads: number, diagonal: number) {
  const layout = sweepLayout(size, threads);
  const shared = sharedMemory(layout.bytes + 8);
  const memory = new Float64Array(shared.buffer, 0, layout.bytes / 8);
  for (let i = 0; i < layout.padded; i++)
    for (let j = 0; j <= i; j++) memory[i * layout.padded + j] = i === j ? diagonal : ((i * 31 + j * 17) % 13) / 13;
  return { layout, shared };
}

function matrixOf(shared: SharedMemory, padded: number): Float64Array {
  return new Float64Array(shared.buffer, 0, padded * padded);
}

describe('invertInThreads', () => {
  it.each([1, 2, 3])('gives with %i threads, to the last bit, what one thread gives', async (threads) => {
    const alone = problem(1, 500);
    await invertHere.run(alone.layout, alone.shared);
    const shared = problem(threads, 500);
    await invertInThreads(threads).run(shared.layout, shared.shared);
    const [expected, found] = [alone, shared].map((each) => matrixOf(each.shared, each.layout.padded));
    expect(Buffer.from(found!.slice().buffer).equals(Buffer.from(expected!.slice().buffer))).toBe(true);
  });

  it('ends all threads when one of them fails', async () => {
    const { layout, shared } = problem(2, -1);
    await expect(invertInThreads(2).run(layout, shared)).rejects.toThrow(/regularization above 0/);
  });
});
