/** SR and EASE as their papers write them: dense, in float64, with nothing in common with the product's code. */
import type { Sequences } from '../../services/shared/learning/sequences.ts';

export type Dense = readonly (readonly number[])[];

/** A generator of its own (mulberry32), so that the cases are the same each time. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Histories of 2 to 21 steps; items with a low index are the more popular ones. */
export function randomSequences(profiles: number, items: number, random: () => number): Sequences {
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

export const historiesOf = ({ starts, items }: Sequences): Uint32Array[] =>
  Array.from({ length: starts.length - 1 }, (_, profile) => items.subarray(starts[profile], starts[profile + 1]));

/** Gauss-Jordan with partial pivoting. */
export function invert(matrix: Dense): number[][] {
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

/** B = −P / diag(P), P = (XᵀX + λI)⁻¹, the diagonal 0 (Steck 2019). */
export function denseEase(sequences: Sequences, items: number, lambda: number): number[][] {
  const gram = squareOf(items, (i, j) => (i === j ? lambda : 0));
  for (const history of historiesOf(sequences)) {
    const basket = [...new Set(history)];
    for (const a of basket) for (const b of basket) gram[a]![b] = gram[a]![b]! + 1;
  }
  const p = invert(gram);
  return p.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / p[j]![j]!)));
}

/** c[i][j] / √(Σ row i · Σ column j), where c[i][j] is Σ 1/d over the steps j that follow i at most `window` later. */
export function denseRules(sequences: Sequences, items: number, window: number): number[][] {
  const counts = squareOf(items, () => 0);
  for (const history of historiesOf(sequences))
    history.forEach((to, at) => {
      for (let d = 1; d <= Math.min(window, at); d++) {
        const from = history[at - d]!;
        if (from !== to) counts[from]![to] = counts[from]![to]! + 1 / d;
      }
    });
  const rowSums = counts.map((row) => row.reduce((sum, value) => sum + value, 0));
  const columnSums = counts.map((_, j) => counts.reduce((sum, row) => sum + row[j]!, 0));
  return squareOf(items, (i, j) =>
    counts[i]![j] === 0 ? 0 : counts[i]![j]! / Math.sqrt(rowSums[i]! * columnSums[j]!),
  );
}

/** Σ decay^age · row, the last step having age 0. */
export function denseScores(matrix: Dense, history: Uint32Array, decay: number): number[] {
  return matrix.map((_, item) =>
    history.reduce((sum, step, at) => sum + decay ** (history.length - 1 - at) * matrix[step]![item]!, 0),
  );
}

const squareOf = (size: number, valueAt: (row: number, column: number) => number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => valueAt(i, j)));
