/** A sample of fixed size of a stream: the elements whose hash is least. The same seed draws the same, in any order. */
import { idHash64 } from '../../id-hash.ts';
import { Heap } from './heap.ts';

/** Uniform in [0, 1), of 53 bits, from the seed and what is drawn alone. */
export function lotOf(seed: number, name: string): number {
  const [hi, lo] = idHash64(`${seed} ${name}`);
  return ((hi >>> 5) * 2 ** 26 + (lo >>> 6)) / 2 ** 53;
}

export interface Drawn {
  readonly lot: number;
}

/** Keeps the `capacity` elements of least lot. */
export class Draw<T extends Drawn> {
  readonly #capacity: number;
  readonly #held = new Heap<T>((a, b) => b.lot - a.lot);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether an element of this lot would be kept now. */
  admits(lot: number): boolean {
    return this.#held.size < this.#capacity || lot < this.#held.peek()!.lot;
  }

  offer(element: T): void {
    if (!this.admits(element.lot)) return;
    this.#held.push(element);
    if (this.#held.size > this.#capacity) this.#held.pop();
  }

  values(): readonly T[] {
    return this.#held.values();
  }
}
