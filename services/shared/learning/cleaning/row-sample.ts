/** A uniform sample of rows in constant memory: those of the smallest hashes. Any order and any parts give the same. */
import { z } from 'zod';

const rowSchema = z.tuple([z.int().min(0), z.int().min(0), z.array(z.number())]);
const storedSchema = z.array(rowSchema);

type Sampled = readonly [high: number, low: number, row: readonly number[]];

/** So many rows are kept: enough for 100 trees of 256, and few enough to look at each pair of them. */
export const rowsKept = 2048;

/** Bottom-k sampling (Cohen, Kaplan 2007): a repeated event has the hash of the first, and is there once. */
export class RowSample {
  #rows: Sampled[] = [];
  /** Above it nothing is taken; known once there is enough. */
  #limit = Infinity;

  /** `hash` of the event's id; all rows of one length, finite. */
  add([high, low]: readonly [number, number], row: readonly number[]): void {
    if (high > this.#limit) return;
    this.#rows.push([high, low, row]);
    if (this.#rows.length >= 2 * rowsKept) this.#settle();
  }

  /** Throws a ZodError if `stored` is not what `store` gives. */
  merge(stored: unknown): void {
    this.#rows.push(...storedSchema.parse(stored));
    this.#settle();
  }

  /** Plain JSON. */
  store(): readonly Sampled[] {
    this.#settle();
    return this.#rows;
  }

  /** In the order of their hashes. */
  rows(): (readonly number[])[] {
    this.#settle();
    return this.#rows.map(([, , row]) => row);
  }

  #settle(): void {
    const sorted = this.#rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const distinct = sorted.filter(
      ([high, low], at) => at === 0 || high !== sorted[at - 1]![0] || low !== sorted[at - 1]![1],
    );
    this.#rows = distinct.slice(0, rowsKept);
    if (this.#rows.length === rowsKept) this.#limit = this.#rows.at(-1)![0];
  }
}
