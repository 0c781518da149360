/** Counters of item pairs, which add up: in a table of those that occur, or in a square of all, whichever takes less memory. */
import type { Coordinates } from './item-matrix.ts';
import { PairSquare } from './pair-square.ts';
import { PairTable } from './pair-table.ts';

/** Items come one by one: a square has room for so many times those that it is made for. */
const room = 1.25;

export class PairCounts {
  readonly size: number;
  #held: PairTable | PairSquare;
  /** One more than the greatest row or column so far. */
  #reach = 0;

  /** Pairs of items below `size`, whose square is below 2^53. `slots`, a power of two: of the table to begin with. */
  constructor(size: number, slots = 1 << 12) {
    this.size = size;
    this.#held = new PairTable(size, slots);
  }

  /** Those that are not zero. */
  get pairs(): number {
    let count = 0;
    this.each(() => count++);
    return count;
  }

  add(row: number, column: number, amount: number): void {
    if (row >= this.#reach) this.#reach = row + 1;
    if (column >= this.#reach) this.#reach = column + 1;
    const held = this.#held;
    if (held instanceof PairSquare ? this.#reach > held.side : held.isFull) this.#enlarge();
    this.#held.add(row, column, amount);
  }

  get(row: number, column: number): number {
    return Math.max(row, column) < this.#reach ? this.#held.get(row, column) : 0;
  }

  /** Counters are sums: those of two shards add up to those of the whole. */
  addAll({ rows, columns, values }: Coordinates): void {
    for (let at = 0; at < values.length; at++) this.add(rows[at]!, columns[at]!, values[at]!);
  }

  /** Those that are not zero, in no order. */
  each(visit: (row: number, column: number, value: number) => void): void {
    this.#held.each((row, column, value) => {
      if (value !== 0) visit(row, column, value);
    });
  }

  /** As `each`. */
  coordinates(): Coordinates {
    const count = this.pairs;
    const rows = new Uint32Array(count);
    const columns = new Uint32Array(count);
    const values = new Float64Array(count);
    let at = 0;
    this.each((row, column, value) => {
      rows[at] = row;
      columns[at] = column;
      values[at++] = value;
    });
    return { rows, columns, values };
  }

  #enlarge(): void {
    const held = this.#held;
    const side = Math.min(this.size, Math.ceil(this.#reach * room));
    const slots = held instanceof PairTable ? 2 * held.slots : PairTable.slotsFor(this.pairs + 1);
    const isSquare = PairSquare.bytesOf(side) <= PairTable.bytesOf(slots);
    const larger = isSquare ? new PairSquare(side) : new PairTable(this.size, slots);
    held.each((row, column, value) => larger.add(row, column, value));
    this.#held = larger;
  }
}
