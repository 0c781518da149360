import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sequences } from './sequences.ts';
import { cutTimes } from './cut-times.ts';
import { leaveOneOut, timeSplit, type Fold, type Split } from './split.ts';
import { alone } from './team.ts';

type Step = readonly [item: number, time: number, target?: boolean];

function sequencesOf(...rows: readonly (readonly Step[])[]): Sequences {
  const steps = rows.flat();
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, at) => (starts[at + 1] = starts[at]! + row.length));
  return {
    starts,
    items: Uint32Array.from(steps, (step) => step[0]),
    times: Float64Array.from(steps, (step) => step[1]),
    targets: Uint8Array.from(steps, (step) => (step[2] === false ? 0 : 1)),
  };
}

const foldsOf = ({ validation, test }: Split): Fold[] => [validation, test];

/** The fold in plain lists: what each profile's models learn from, and [history, asked] of each question. */
function shown(sequences: Sequences, { train, queries }: Fold): { train: number[][]; questions: number[][][] } {
  const slice = (from: number, to: number): number[] => [...sequences.items.subarray(from, to)];
  const learned = Array.from({ length: train.starts.length - 1 }, (_, profile) => [
    ...train.items.subarray(train.starts[profile], train.starts[profile + 1]),
  ]);
  const questions = Array.from(queries.at, (at, query) => [
    slice(queries.start[query]!, at),
    slice(at, queries.end[query]!),
  ]);
  return { train: learned, questions };
}

describe('leaveOneOut', () => {
  it('tests on the last step and chooses by the one before it', () => {
    const sequences = sequencesOf(
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
      [
        [5, 1],
        [6, 2],
      ],
      [[7, 1]],
    );
    const { validation, test } = leaveOneOut(sequences);
    expect(shown(sequences, test)).toEqual({
      train: [[1, 2, 3], [5], []],
      questions: [
        [[1, 2, 3], [4]],
        [[5], [6]],
      ],
    });
    expect(shown(sequences, validation)).toEqual({ train: [[1, 2], [], []], questions: [[[1, 2], [3]]] });
  });

  it('asks only for target steps, cuts off what follows, and learns all of a profile without any', () => {
    const sequences = sequencesOf(
      [
        [1, 1],
        [2, 2, false],
        [3, 3],
        [4, 4, false],
      ],
      [
        [5, 1, false],
        [6, 2, false],
      ],
      [
        [7, 1, false],
        [8, 2],
        [9, 3, false],
      ],
    );
    const { validation, test } = leaveOneOut(sequences);
    expect(shown(sequences, test)).toEqual({
      train: [[1, 2], [5, 6], [7]],
      questions: [
        [[1, 2], [3]],
        [[7], [8]],
      ],
    });
    expect(shown(sequences, validation)).toEqual({ train: [[], [5, 6], [7]], questions: [] });
  });
});

describe('timeSplit', () => {
  it('asks for the baskets of the window, given all before them, and learns from the time before the window', async () => {
    const sequences = sequencesOf(
      [
        [1, 1],
        [2, 2],
        [3, 7],
        [4, 7],
        [5, 9],
        [6, 10],
      ],
      [
        [7, 3],
        [8, 8],
      ],
      [
        [9, 9],
        [1, 10],
      ],
    );
    const { validation, test } = timeSplit(sequences, await cutTimes(sequences.times, 0.4, alone));
    expect(shown(sequences, test)).toEqual({
      train: [[1, 2, 3, 4], [7, 8], []],
      questions: [
        [[1, 2, 3, 4], [5]],
        [[1, 2, 3, 4, 5], [6]],
        [[9], [1]],
      ],
    });
    expect(shown(sequences, validation)).toEqual({
      train: [[1, 2], [], []],
      questions: [
        [
          [1, 2],
          [3, 4],
        ],
        [[7], [8]],
      ],
    });
  });

  it('never learns from, nor shows as history, what a question asks for or what came later', async () => {
    const row = fc.array(fc.tuple(fc.nat(9), fc.nat(20)), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), fc.constantFrom(0.1, 0.3), async (rows, fraction) => {
        const sequences = sequencesOf(...rows.map((one) => one.toSorted((a, b) => a[1] - b[1])));
        const cuts = await cutTimes(sequences.times, fraction, alone);
        for (const { train, queries } of foldsOf(timeSplit(sequences, cuts))) {
          const newest = Math.max(-1, ...train.times);
          queries.at.forEach((at, query) => {
            const time = sequences.times[at]!;
            expect(newest).toBeLessThan(time);
            expect(sequences.times.subarray(queries.start[query]!, at).every((before) => before < time)).toBe(true);
            expect(sequences.times.subarray(at, queries.end[query]!).every((same) => same === time)).toBe(true);
          });
        }
      }),
    );
  });
});
