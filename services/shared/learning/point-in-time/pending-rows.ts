/** Rows that wait for their horizon: the first due comes out first, and beyond the capacity the greatest lot is given up. */
import type { Drawn } from './draw.ts';
import { Heap } from './heap.ts';

export interface PendingRow extends Drawn {
  /** The id whose event made the moment. */
  readonly member: string;
  readonly profile: string;
  readonly time: number;
  values: Readonly<Record<string, unknown>>;
}

interface Held {
  readonly row: PendingRow;
  /** Settled or given up; the heaps find out when it comes to their top. */
  isGone: boolean;
}

/** A heap is swept once it holds so many more than twice what is wanted. */
const slack = 64;

const keyOf = (member: string, time: number): string => `${time} ${member}`;

export class PendingRows {
  readonly #capacity: number;
  readonly #rows = new Map<string, Held>();
  readonly #byTime = new Heap<Held>((a, b) => a.row.time - b.row.time);
  readonly #byLot = new Heap<Held>((a, b) => b.row.lot - a.row.lot);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(member: string, time: number): PendingRow | undefined {
    return this.#rows.get(keyOf(member, time))?.row;
  }

  admits(lot: number): boolean {
    return this.#rows.size < this.#capacity || lot < top(this.#byLot)!.row.lot;
  }

  /** Of a moment that is not held yet. */
  add(row: PendingRow): void {
    const held = { row, isGone: false };
    this.#rows.set(keyOf(row.member, row.time), held);
    for (const heap of [this.#byTime, this.#byLot]) {
      heap.push(held);
      if (heap.size > 2 * this.#capacity + slack) heap.keep(({ isGone }) => !isGone);
    }
    if (this.#rows.size > this.#capacity) this.#give(top(this.#byLot)!);
  }

  /** Takes out the first row whose moment is before `time`; undefined: there is none. */
  takeBefore(time: number): PendingRow | undefined {
    const first = top(this.#byTime);
    if (first === undefined || first.row.time >= time) return undefined;
    this.#give(first);
    return first.row;
  }

  #give(held: Held): void {
    held.isGone = true;
    this.#rows.delete(keyOf(held.row.member, held.row.time));
  }
}

/** The first that is still held: what is gone lies in a heap until it comes to its top, or is swept out. */
function top(heap: Heap<Held>): Held | undefined {
  while (heap.peek()?.isGone) heap.pop();
  return heap.peek();
}
