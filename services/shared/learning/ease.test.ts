import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { easeBlock, fitEase, invertHere, type Ease, type EaseOptions } from './ease.ts';
import { addGram } from './gram.ts';
import { countSteps, type Sequences } from './sequences.ts';
import { sweepLayout, sweepShare } from './spd-inverse.ts';
import { sharedMemory, tileKernel } from './sweep-kernel.ts';

/** A generator of its own (mulberry32), so that the cases are the same each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Dense reference: Gauss-Jordan with partial pivoting, float64, nothing in common with the sweep. */
function invert(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < n; column++) {
    let best = column;
    for (let i = column + 1; i < n; i++) if (Math.abs(rows[i]![column]!) > Math.abs(rows[best]![column]!)) best = i;
    [rows[column], rows[best]] = [rows[best]!, rows[column]!];
    const pivot = rows[column]!;
    const scale = pivot[column]!;
    for (let j = 0; j < 2 * n; j++) pivot[j] = pivot[j]! / scale;
    rows.forEach((row, i) => {
      const factor = row[column]!;
      if (i !== column && factor !== 0) pivot.forEach((value, j) => (row[j] = row[j]! - factor * value));
    });
  }
  return rows.map((row) => row.slice(n));
}

function randomSequences(profiles: number, items: number, random: () => number): Sequences {
  const rows = Array.from({ length: profiles }, () =>
    Array.from({ length: 2 + Math.floor(random() * 20) }, () => Math.floor(random() ** 2 * items)),
  );
  const steps = rows.flat();
  const starts = new Uint32Array(profiles + 1);
  rows.forEach((row, at) => (starts[at + 1] = starts[at]! + row.length));
  return {
    starts,
    items: Uint32Array.from(steps),
    times: new Float64Array(steps.length),
    targets: new Uint8Array(steps.length).fill(1),
  };
}

function referenceWeights(sequences: Sequences, items: number, lambda: number): number[][] {
  const gram = Array.from({ length: items }, (_, i) => Array.from({ length: items }, (_, j) => (i === j ? lambda : 0)));
  for (let p = 0; p + 1 < sequences.starts.length; p++) {
    const basket = [...new Set(sequences.items.subarray(sequences.starts[p], sequences.starts[p + 1]))];
    for (const a of basket) for (const b of basket) gram[a]![b] = gram[a]![b]! + 1;
  }
  const p = invert(gram);
  return p.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / p[j]![j]!)));
}

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
      const expected = referenceWeights(sequences, items, options.regularization);
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
