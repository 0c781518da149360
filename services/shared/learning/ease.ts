/** EASE, a closed-form linear item-item model (Steck 2019): B = −P / diag(P) with P = (XᵀX + λI)⁻¹, diagonal zero. */
import { squareOf, type Triangle } from './gram.ts';
import { greatestEntries, ItemMatrix } from './item-matrix.ts';
import { sweepLayout, sweepShare, type SweepLayout } from './spd-inverse.ts';
import { sharedMemory, tileKernel, type SharedMemory } from './sweep-kernel.ts';

export interface EaseOptions {
  /** λ, above 0. */
  readonly regularization: number;
  readonly inverter: Inverter;
  /** Entries of B to keep in each row, the greatest magnitudes. */
  readonly keep: number;
}

export interface Ease {
  readonly matrix: ItemMatrix;
  /** Size N of the block that was inverted; below the number of items, the model is a top-N block. */
  readonly items: number;
  /** Σ |kept entries of B| / Σ |all entries of B|. */
  readonly massKept: number;
}

/** What runs the shares of the inverse: this thread, or several (adapters/sweep-threads.ts). */
export interface Inverter {
  readonly threads: number;
  /** Resolves when every share is done; rejects with what stopped one. */
  run(layout: SweepLayout, shared: SharedMemory): Promise<void>;
}

export const invertHere: Inverter = {
  threads: 1,
  async run(layout, shared) {
    const memory = new Float64Array(shared.buffer, 0, layout.bytes / 8);
    const kernel = tileKernel(shared, layout.padded * 8);
    sweepShare({ layout, memory, kernel, thread: 0, threads: 1, barrier: () => undefined });
  },
};

/** Below this size (half a second's work) threads cost more than they bring. */
const inlineSize = 2048;
/** Behind the matrices lie two 32-bit counters, with which threads wait for one another. */
const counterBytes = 8;

/** The items that are learned from, and where each of them lies in the matrix. */
export interface EaseBlock {
  /** Ascending item indices; length is the size of the matrix. */
  readonly members: Uint32Array;
  /** By item: its row, -1 where it has none. */
  readonly rowOf: Int32Array;
}

/** The `count` items with most steps; items without any are left out. */
export function easeBlock(steps: Float64Array, count: number): EaseBlock {
  const members = mostFrequent(steps, count);
  const rowOf = new Int32Array(steps.length).fill(-1);
  members.forEach((item, row) => (rowOf[item] = row));
  return { members, rowOf };
}

/**
 * Cubic in the items: about 0.1 s at 1,000 and a minute or two at 12,000 on two cores; memory 8 · N² bytes. `addTo` adds
 * the Gram matrix of the block. Throws `BadData` if the matrix is singular (λ = 0).
 */
export async function fitEase(
  { members, rowOf }: EaseBlock,
  addTo: (triangle: Triangle) => void | Promise<void>,
  options: EaseOptions,
): Promise<Ease> {
  const inverter = members.length < inlineSize ? invertHere : options.inverter;
  const layout = sweepLayout(members.length, inverter.threads);
  const shared = sharedMemory(layout.bytes + counterBytes);
  const memory = new Float64Array(shared.buffer, 0, layout.bytes / 8);
  await addTo(squareOf(memory, layout.padded));
  for (let row = 0; row < layout.padded; row++)
    memory[row * layout.padded + row]! += row < members.length ? options.regularization : 1;
  await inverter.run(layout, shared);
  const kept = weightsOf(memory, layout, { block: members, items: rowOf.length, keep: options.keep });
  return { ...kept, items: members.length };
}

/** Ascending item indices of the `count` items with most steps; items without any are left out. */
function mostFrequent(steps: Float64Array, count: number): Uint32Array {
  const known = Uint32Array.from(steps.keys()).filter((item) => steps[item]! > 0);
  if (known.length <= count) return known;
  return known
    .sort((a, b) => steps[b]! - steps[a]! || a - b)
    .subarray(0, count)
    .sort();
}

interface Kept {
  readonly block: Uint32Array;
  readonly items: number;
  readonly keep: number;
}

/** The memory holds −P in both triangles: B_ij = −P_ij / P_jj = −memory_ij / memory_jj. */
function weightsOf(memory: Float64Array, { padded }: SweepLayout, { block, items, keep }: Kept): Omit<Ease, 'items'> {
  const size = block.length;
  const perRow = Math.min(keep, Math.max(0, size - 1));
  const starts = new Uint32Array(items + 1);
  const columns = new Uint32Array(size * perRow);
  const values = new Float32Array(size * perRow);
  const diagonal = Float64Array.from({ length: size }, (_, row) => memory[row * padded + row]!);
  const weights = new Float32Array(size);
  let [all, held, at] = [0, 0, 0];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) weights[column] = -memory[row * padded + column]! / diagonal[column]!;
    weights[row] = 0;
    for (const weight of weights) all += Math.abs(weight);
    for (const column of greatestEntries(weights, 0, size, perRow)) {
      columns[at] = block[column]!;
      values[at++] = weights[column]!;
      held += Math.abs(weights[column]!);
    }
    starts[block[row]! + 1] = perRow;
  }
  for (let item = 0; item < items; item++) starts[item + 1]! += starts[item]!;
  return { matrix: new ItemMatrix(starts, columns, values), massKept: all === 0 ? 1 : held / all };
}
