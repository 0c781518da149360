/** Places in growing columns for many lists of different length: what grows moves to a block of twice the size. */

const least = 4;

export class Blocks {
  #end = 0;
  /** By size: where blocks lie that nobody uses any more. */
  readonly #free = new Map<number, number[]>();

  /** One past all that was ever given. */
  get end(): number {
    return this.#end;
  }

  /** The size of the block that holds so many: a power of two, or 0. */
  static sizeFor(length: number): number {
    if (length === 0) return 0;
    let size = least;
    while (size < length) size *= 2;
    return size;
  }

  take(size: number): number {
    if (size === 0) return 0;
    const used = this.#free.get(size)?.pop();
    if (used !== undefined) return used;
    this.#end += size;
    return this.#end - size;
  }

  give(start: number, size: number): void {
    if (size === 0) return;
    const free = this.#free.get(size);
    if (free) free.push(start);
    else this.#free.set(size, [start]);
  }
}

type Numbers = Uint32Array | Float64Array;

/** The same values in an array of at least so many, half as many again as it was. */
export function grown<T extends Numbers>(values: T, length: number): T {
  if (values.length >= length) return values;
  const larger = new (values.constructor as new (size: number) => T)(Math.max(length, Math.ceil(values.length * 1.5)));
  larger.set(values);
  return larger;
}
