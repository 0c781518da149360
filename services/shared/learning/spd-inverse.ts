/**
 * In-place inverse of a symmetric positive definite matrix in float64, by blocks, shared by several threads.
 *
 * The symmetric block sweep (Goodnight 1979): for each block k of columns, with D the inverse of its diagonal block
 * (by Cholesky), A_ij −= A_ik·D·A_kj, A_ik ← A_ik·D, A_kk ← −D; in the end A holds −A⁻¹. It costs the same n³ operations
 * as a Cholesky factor, its inverse and their product, but nearly all of them are ONE evenly divisible update of the
 * lower triangle. The diagonal blocks are Schur complements, hence positive definite: no pivoting is needed.
 */
import { LikenessError } from '../errors.ts';
import type { TileKernel } from './sweep-kernel.ts';

const blockSize = 128;
const tile = 4;
/** Rows updated together: their packed strips stay in the second-level cache. */
const rowsTogether = 64;

/** Where everything lies in the shared memory; all in doubles, except `bytes`. */
export interface SweepLayout {
  /** Rows, rounded up to whole tiles; the matrix is padded with a diagonal of 1. */
  readonly padded: number;
  readonly v: number;
  readonly w: number;
  readonly pivot: number;
  readonly scratch: number;
  readonly bytes: number;
}

/** For a matrix of `size` rows and so many threads. */
export function sweepLayout(size: number, threads: number): SweepLayout {
  const padded = Math.ceil(size / tile) * tile;
  const v = padded * padded;
  const w = v + padded * blockSize;
  const pivot = w + padded * blockSize;
  const scratch = pivot + blockSize * blockSize;
  return { padded, v, w, pivot, scratch, bytes: (scratch + threads * tile * padded) * 8 };
}

export interface Sweep {
  readonly layout: SweepLayout;
  /** The whole shared memory as doubles; the matrix comes first, by rows, only its lower triangle is read. */
  readonly memory: Float64Array;
  readonly kernel: TileKernel;
  readonly thread: number;
  readonly threads: number;
  /** Returns when all threads have called it. */
  readonly barrier: () => void;
}

/** This thread's share of the work. In the end the whole matrix, both triangles, holds −A⁻¹. */
export function sweepShare(sweep: Sweep): void {
  const { layout, thread } = sweep;
  for (let first = 0; first < layout.padded; first += blockSize) {
    const width = Math.min(blockSize, layout.padded - first);
    if (thread === 0) invertPivot(sweep, first, width);
    packPanel(sweep, first, width);
    sweep.barrier();
    multiplyPanel(sweep, first, width);
    if (thread === 0) storePivot(sweep, first, width);
    sweep.barrier();
    updateTriangle(sweep, first, width);
    sweep.barrier();
  }
  mirror(sweep);
  sweep.barrier();
}

/** Index of row strip `row` (a multiple of 4) in a packed panel: [row / 4][column][row % 4]. */
function stripOf(row: number): number {
  return row * blockSize;
}

/** Writes the inverse of the diagonal block into `pivot`, packed in strips like the panels. */
function invertPivot({ layout, memory }: Sweep, first: number, width: number): void {
  const block = new Float64Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) block[i * width + j] = memory[(first + i) * layout.padded + first + j]!;
  invertByCholesky(block, width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++)
      memory[layout.pivot + stripOf(i - (i % tile)) + j * tile + (i % tile)] = block[i * width + j]!;
}

/** Dense inverse of a small positive definite block, row-major; reads the lower triangle, fills both. */
function invertByCholesky(a: Float64Array, n: number): void {
  factorise(a, n);
  invertFactor(a, n);
  // A⁻¹ = L⁻ᵀ·L⁻¹: element (i, j) needs rows ≥ i of L⁻¹, so rows can be overwritten from the top.
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += a[k * n + i]! * a[k * n + j]!;
      a[i * n + j] = sum;
    }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j]!;
}

/** L with A = L·Lᵀ into the lower triangle. Throws `BadData` if A is not positive definite. */
function factorise(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i === j && !(sum > 0))
        throw new LikenessError('BadData', 'The matrix is singular: EASE needs a regularization above 0');
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!;
    }
}

/** L⁻¹ in the place of L. */
function invertFactor(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const diagonal = 1 / a[i * n + i]!;
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum += a[i * n + k]! * a[k * n + j]!;
      a[i * n + j] = -sum * diagonal;
    }
    a[i * n + i] = diagonal;
  }
}

/** Calls back for each of this thread's row strips outside the block. */
function eachOwnStrip(
  { layout, thread, threads }: Sweep,
  first: number,
  width: number,
  visit: (row: number) => void,
): void {
  for (let row = thread * tile; row < layout.padded; row += threads * tile)
    if (row < first || row >= first + width) visit(row);
}

/** V ← the columns of the block, all rows; rows above the block are read across, from the lower triangle. */
function packPanel(sweep: Sweep, first: number, width: number): void {
  const { memory } = sweep;
  const { padded, v } = sweep.layout;
  eachOwnStrip(sweep, first, width, (row) => {
    const [rowStep, columnStep, origin] = addressing(padded, row, first);
    for (let column = 0, to = v + stripOf(row); column < width; column++)
      for (let r = 0; r < tile; r++) memory[to++] = memory[origin + r * rowStep + column * columnStep]!;
  });
}

/** Steps and origin in the stored triangle of the values (row + r, first + column). */
function addressing(padded: number, row: number, first: number): readonly [number, number, number] {
  return row < first ? [1, padded, first * padded + row] : [padded, 1, row * padded + first];
}

/** W ← V·D, and into the matrix. The kernel subtracts, so it leaves −V·D in a scratch strip of this thread. */
function multiplyPanel(sweep: Sweep, first: number, width: number): void {
  const { memory, kernel } = sweep;
  const { padded, v, w, pivot, scratch } = sweep.layout;
  const strip = scratch + sweep.thread * tile * padded;
  eachOwnStrip(sweep, first, width, (row) => {
    for (let r = 0; r < tile; r++) memory.fill(0, strip + r * padded, strip + r * padded + width);
    for (let column = 0; column < width; column += tile)
      kernel((strip + column) * 8, (v + stripOf(row)) * 8, (pivot + stripOf(column)) * 8, width);
    const [rowStep, columnStep, origin] = addressing(padded, row, first);
    for (let column = 0, to = w + stripOf(row); column < width; column++)
      for (let r = 0; r < tile; r++) {
        const value = -memory[strip + r * padded + column]!;
        memory[to++] = value;
        memory[origin + r * rowStep + column * columnStep] = value;
      }
  });
}

function storePivot({ layout, memory }: Sweep, first: number, width: number): void {
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++)
      memory[(first + i) * layout.padded + first + j] =
        -memory[layout.pivot + stripOf(i - (i % tile)) + j * tile + (i % tile)]!;
}

/** A_ij −= W_i·V_jᵀ over the lower triangle, without the block's own rows and columns. */
function updateTriangle(sweep: Sweep, first: number, width: number): void {
  const { padded } = sweep.layout;
  const last = Math.ceil(padded / rowsTogether) - 1;
  // Dealt out in a snake, 0 1 1 0, from the longest rows on, so that the shares are even.
  for (let at = 0; at <= last; at++) {
    const turn = at % (2 * sweep.threads);
    const owner = turn < sweep.threads ? turn : 2 * sweep.threads - 1 - turn;
    if (owner === sweep.thread) updateRows(sweep, (last - at) * rowsTogether, first, width);
  }
}

function updateRows({ layout, kernel }: Sweep, from: number, first: number, width: number): void {
  const { padded, v, w } = layout;
  const to = Math.min(padded, from + rowsTogether);
  const inBlock = (index: number): boolean => index >= first && index < first + width;
  for (let j = 0; j < to; j += tile) {
    if (inBlock(j)) continue;
    for (let i = Math.max(from, j); i < to; i += tile)
      if (!inBlock(i)) kernel((i * padded + j) * 8, (w + stripOf(i)) * 8, (v + stripOf(j)) * 8, width);
  }
}

/** Copies the lower triangle into the upper, by squares that fit the cache. */
function mirror({ layout, memory, thread, threads }: Sweep): void {
  for (let from = thread * rowsTogether; from < layout.padded; from += threads * rowsTogether)
    for (let left = 0; left <= from; left += rowsTogether) mirrorSquare(memory, layout.padded, from, left);
}

function mirrorSquare(memory: Float64Array, padded: number, from: number, left: number): void {
  const to = Math.min(padded, from + rowsTogether);
  for (let j = left; j < Math.min(left + rowsTogether, to); j++)
    for (let i = Math.max(from, j + 1); i < to; i++) memory[j * padded + i] = memory[i * padded + j]!;
}
