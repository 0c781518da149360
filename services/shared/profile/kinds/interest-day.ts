/** One day of an interest: events counted per value and event type, for at most 256 values. */
import { compareRanks, rankOf, type Rank } from './interest-rank.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';

const maxValues = 256;

/** Three arrays side by side, a tally at each place, ascending by (value, type): places in the lists of the interest. */
export class Day {
  values: number[] = [];
  types: number[] = [];
  events: number[] = [];
  /** How many different values there are. */
  distinct = 0;
  /** The value of greatest hash, once a full day had to know it; what a newcomer must beat. */
  #worst: Rank | undefined;
  /** Where its bytes lie within the segment that was written or read last; a size of 0: it has changed since. */
  #at = 0;
  #size = 0;

  get at(): number {
    return this.#at;
  }

  get size(): number {
    return this.#size;
  }

  lieAt(at: number, size: number): void {
    this.#at = at;
    this.#size = size;
  }

  /** Where (value, type) is or belongs. */
  #placeOf(value: number, type: number): number {
    const { values, types } = this;
    let low = 0;
    let high = values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (values[middle]! < value || (values[middle] === value && types[middle]! < type)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(value: number): boolean {
    return this.values[this.#placeOf(value, -1)] === value;
  }

  count(value: number, type: number, events: number): void {
    const place = this.#placeOf(value, type);
    this.#size = 0;
    if (this.values[place] === value && this.types[place] === type) {
      this.events[place]! += events;
      return;
    }
    if (this.values[place] !== value && this.values[place - 1] !== value) this.distinct++;
    this.values.splice(place, 0, value);
    this.types.splice(place, 0, type);
    this.events.splice(place, 0, events);
  }

  get isFull(): boolean {
    return this.distinct >= maxValues;
  }

  /** True if a value that a full day does not know has a smaller hash than one that it keeps. `names`: of all values. */
  isBeatenBy(value: string, names: readonly string[]): boolean {
    this.#worst ??= this.#findWorst(names);
    return compareRanks(rankOf(value), this.#worst) < 0;
  }

  /**
   * Keeps the 256 values of smallest hash. A value once dropped stays dropped whatever comes later, and a value that is
   * kept was never dropped, so its counts are complete: that is what makes this bound independent of order.
   */
  dropWorst(names: readonly string[]): void {
    const { value } = this.#worst ?? this.#findWorst(names);
    const from = this.values.findIndex((each) => names[each] === value);
    const count = this.values.filter((each) => each === this.values[from]).length;
    for (const list of [this.values, this.types, this.events]) list.splice(from, count);
    this.distinct--;
    this.#worst = undefined;
    this.#size = 0;
  }

  dropExcess(names: readonly string[]): void {
    while (this.distinct > maxValues) this.dropWorst(names);
  }

  #findWorst(names: readonly string[]): Rank {
    return this.values.map((value) => rankOf(names[value]!)).reduce((a, b) => (compareRanks(a, b) >= 0 ? a : b));
  }

  copy(): Day {
    const day = new Day();
    day.values = [...this.values];
    day.types = [...this.types];
    day.events = [...this.events];
    day.distinct = this.distinct;
    return day;
  }

  /** `values` and `types` say where each stands in other lists, whose order must be the same. */
  rename(values: readonly number[], types: readonly number[]): void {
    this.values = this.values.map((value) => values[value]!);
    this.types = this.types.map((type) => types[type]!);
  }

  /** Each tally is one number, value as a difference to the one before, and its events if they are more than one. */
  encode(writer: StateWriter, typeCount: number): void {
    const { values, types, events } = this;
    writer.unsigned(values.length);
    let before = 0;
    for (let place = 0; place < values.length; place++) {
      const more = events[place]! > 1 ? 1 : 0;
      writer.unsigned(((values[place]! - before) * typeCount + types[place]!) * 2 + more);
      if (more === 1) writer.unsigned(events[place]!);
      before = values[place]!;
    }
  }
}

/** Of lists of so many values and types. */
export function decodeDay(reader: StateReader, valueCount: number, typeCount: number): Day {
  const day = new Day();
  let value = 0;
  for (let left = reader.unsigned(); left > 0; left--) {
    const head = reader.unsigned();
    const key = Math.floor(head / 2);
    const step = Math.floor(key / typeCount);
    value += step;
    if (!(value < valueCount)) reader.missing();
    if (step > 0 || day.distinct === 0) day.distinct++;
    day.values.push(value);
    day.types.push(key % typeCount);
    day.events.push(head % 2 === 1 ? reader.unsigned() : 1);
  }
  return day;
}
