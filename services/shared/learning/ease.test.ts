import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denseEase, generator, invert, randomSequences } from '../../../test/parity/dense-reference.ts';
import { easeBlock, fitEase, invertHere, type Ease, type EaseOptions } from './ease.ts';
import { addGram } from './gram.ts';
import { countSteps, type Sequences } from './sequences.ts';
import { sweepLayout, sweepShare } from './spd-inverse.ts';
import { sharedMemory, tileKernel } from './sweep-kernel.ts';

const mostFrequent = (sequences: Sequences, items: number, count: number): Uint32Array =>
  easeBlock(countSteps(sequences, items), count).members;

function fit(sequences: Sequences, items: number, given: EaseOptions & { maxItems: number }): Promise<Ease> {
  const block = easeBlock(countSteps(sequences, items), given.maxItems);
  return fitEase(block, (triangle) => addGram(sequences, block.rowOf, triangle), given);
}

const options = { regularization: 50, maxItems: 10_000, inverter: invertHere, keep: 10_000 };

describe('the block sweep', () => {
  it.each([1, 3, 4, 127, 128, 129, 300])('inverts in float64: parity 1e-9 with a dense reference at n = %i', (n) => {
    const random = generator(n);
    const layout = sweepLayout(n, 1);
    const shared = sharedMemory(layout.bytes);
    const memory = new Float64Array(shared.buffer);
    const matrix = Array.from({ length: n }, () => Array<number>(n).fill(0));
    for (let i = 0; i < layout.padded; i++)
      for (let j = 0; j <= i; j++) {
        const value = i === j ? 20 + random() * 300 : random() * 6 * (random() < 0.4 ? 1 : 0);
        const inside = i < n;
        memory[i * layout.padded + j] = inside ? value : Number(i === j);
        if (inside) matrix[i]![j] = matrix[j]![i] = i === j ? value + n * 6 : value;
        if (inside && i === j) memory[i * layout.padded + j] = value + n * 6;
      }
    const barrier = (): void => undefined;
    sweepShare({ layout, memory, kernel: tileKernel(shared, layout.padded * 8), thread: 0, threads: 1, barrier });
    const expected = invert(matrix);
    let worst = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        worst = Math.max(
          worst,
          Math.abs(-memory[i * layout.padded + j]! - expected[i]![j]!) / Math.abs(expected[i]![i]!),
        );
    expect(worst).toBeLessThan(1e-9);
  });
});

describe('fitEase', () => {
  it('gives the weights of the dense reference', async () => {
    for (const items of [60, 200]) {
      const sequences = randomSequences(900, items, generator(items));
      const expected = denseEase(sequences, items, options.regularization);
      const { matrix, items: size, massKept } = await fit(sequences, items, options);
      expect(size).toBe(mostFrequent(sequences, items, items).length);
      expect(massKept).toBe(1);
      let worst = 0;
      for (let i = 0; i < items; i++) {
        const row = new Float64Array(items);
        matrix.addRow(i, 1, row);
        for (let j = 0; j < items; j++) worst = Math.max(worst, Math.abs(row[j]! - expected[i]![j]!));
      }
      // Stored as 32-bit floats: half a unit in the last place of values below 1.
      expect(worst).toBeLessThan(6e-8);
    }
  });

  it('learns a top-N block of the items with most steps and leaves the others without a row', async () => {
    const sequences = randomSequences(200, 40, generator(5));
    const { matrix, items } = await fit(sequences, 40, { ...options, maxItems: 10 });
    const block = new Set(mostFrequent(sequences, 40, 10));
    expect(items).toBe(10);
    for (let item = 0; item < 40; item++) expect(matrix.addRow(item, 1, new Float64Array(40))).toBe(block.has(item));
    expect(matrix.columns.every((column) => block.has(column))).toBe(true);
  });

  it('keeps the strongest weights of each row and says how much that is', async () => {
    const sequences = randomSequences(300, 50, generator(6));
    const whole = await fit(sequences, 50, options);
    const pruned = await fit(sequences, 50, { ...options, keep: 5 });
    expect(pruned.matrix.values.length).toBe(pruned.items * 5);
    const sum = (values: Float32Array): number => values.reduce((total, value) => total + Math.abs(value), 0);
    expect(pruned.massKept).toBeCloseTo(sum(pruned.matrix.values) / sum(whole.matrix.values), 5);
    expect(pruned.massKept).toBeLessThan(0.9);
  });

  it('refuses a singular matrix in words', async () => {
    const items = 10;
    const repeated: Sequences = {
      starts: Uint32Array.of(0, items),
      items: Uint32Array.from({ length: items }, (_, at) => at),
      times: new Float64Array(items),
      targets: new Uint8Array(items),
    };
    const singular = fit(repeated, items, { ...options, regularization: 0 });
    await expect(singular).rejects.toThrow(/regularization above 0/);
  });
});

describe('easeBlock', () => {
  it('takes all that occur while there are few, the lower index among equals', () => {
    const sequences = randomSequences(30, 20, generator(7));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), (count) => {
        const taken = mostFrequent(sequences, 25, count);
        const steps = (item: number): number => sequences.items.filter((other) => other === item).length;
        const left = Array.from({ length: 25 }, (_, item) => item).filter((item) => !taken.includes(item));
        const weakest = Math.min(...Array.from(taken, steps));
        expect(left.every((item) => steps(item) <= weakest)).toBe(true);
        expect(taken.every((item) => steps(item) > 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
