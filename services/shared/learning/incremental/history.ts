/**
 * What sums know of one person: the newest steps in order, which pair with what comes next and tell a repeat, and every
 * item, whose products are the Gram matrix. At rest it is a piece of bytes.
 */
import { minTime } from '../../profile/order.ts';
import type { Bytes } from './bytes.ts';
import { ItemSet } from './item-set.ts';
import type { Line } from './pair-sums.ts';
import type { Step, StepOrder } from './steps.ts';

/** Words of a step at most. */
const longestStep = 6;
/** What a word holds. */
const whole = 2 ** 32;
/** In the five lowest bits of a step's first word: how much longer than a word the time since the one before is. */
const wide = 31;
/** Steps for which there is room beyond those that are kept, so that not every one that comes moves all. */
const slack = 16;

export class History implements Line {
  readonly capacity: number;
  readonly items = new ItemSet();
  length = 0;
  /** Older steps were dropped. */
  isCut = false;
  /** Where the oldest step lies in the columns. */
  #from = 0;
  /** Twice the item's number, below 2^26, and one more where it is a target. */
  readonly #items: Uint32Array;
  readonly #members: Uint32Array;
  readonly #his: Uint32Array;
  readonly #los: Uint32Array;
  readonly #times: Float64Array;

  /** Steps that are kept. */
  constructor(capacity: number) {
    const room = capacity + slack;
    this.capacity = capacity;
    this.#items = new Uint32Array(room);
    this.#members = new Uint32Array(room);
    this.#his = new Uint32Array(room);
    this.#los = new Uint32Array(room);
    this.#times = new Float64Array(room);
  }

  itemAt(place: number): number {
    return this.#items[this.#from + place]! >>> 1;
  }

  isTarget(place: number): boolean {
    return (this.#items[this.#from + place]! & 1) === 1;
  }

  /** -Infinity without steps. */
  get newestTime(): number {
    return this.length === 0 ? -Infinity : this.#times[this.#from + this.length - 1]!;
  }

  has({ hi, lo, member }: StepOrder): boolean {
    for (let at = this.#from + this.length - 1; at >= this.#from; at--)
      if (this.#los[at] === lo && this.#his[at] === hi && this.#members[at] === member) return true;
    return false;
  }

  /** Where a step would come in: behind all that are not later. */
  placeOf({ time, hi, lo }: StepOrder): number {
    let place = this.length;
    for (; place > 0; place--) {
      const at = this.#from + place - 1;
      const its = this.#times[at]!;
      if (its < time || (its === time && (this.#his[at]! - hi || this.#los[at]! - lo) <= 0)) break;
    }
    return place;
  }

  /** Drops the oldest beyond the capacity. */
  insert(place: number, step: Step): void {
    if (this.#from + this.length === this.#items.length) this.#toFront();
    const at = this.#from + place;
    if (place < this.length) this.#shift(at, at + 1);
    this.#put(at, step);
    if (this.length < this.capacity) this.length++;
    else {
      this.#from++;
      this.isCut = true;
    }
  }

  /** In place of all steps; `isCut`: older ones were dropped before. */
  replace(steps: readonly Step[], isCut: boolean): void {
    const kept = steps.slice(-this.capacity);
    this.#from = 0;
    kept.forEach((step, place) => this.#put(place, step));
    this.length = kept.length;
    this.isCut = isCut || kept.length < steps.length;
  }

  steps(): Step[] {
    return Array.from({ length: this.length }, (_, place) => {
      const at = this.#from + place;
      return {
        item: this.itemAt(place),
        time: this.#times[at]!,
        hi: this.#his[at]!,
        lo: this.#los[at]!,
        member: this.#members[at]!,
        target: this.isTarget(place),
      };
    });
  }

  clear(): void {
    this.#from = 0;
    this.length = 0;
    this.isCut = false;
    this.items.clear();
  }

  /**
   * Words: the number of steps and flags; of each step item and target, the time since the one before, the hash, and the
   * member, which goes without saying of a person who has one id alone, `person`. Then the items.
   */
  writeTo(out: Bytes, person: number): void {
    out.reach(this.items.room + (1 + this.length * longestStep) * 4);
    const { words } = out;
    const isJoined = this.#isJoined(person);
    words[0] = this.length * 4 + (this.isCut ? 2 : 0) + (isJoined ? 1 : 0);
    let to = 1;
    let before = minTime;
    for (let at = this.#from; at < this.#from + this.length; at++) {
      const gap = this.#times[at]! - before;
      const high = Math.floor(gap / whole);
      words[to++] = (this.#items[at]! << 5) | Math.min(high, wide);
      if (high >= wide) words[to++] = high;
      words[to++] = gap - high * whole;
      words[to++] = this.#his[at]!;
      words[to++] = this.#los[at]!;
      if (isJoined) words[to++] = this.#members[at]!;
      before = this.#times[at]!;
    }
    out.at = to * 4;
    this.items.writeTo(out);
  }

  readFrom(source: Bytes, person: number): void {
    const { words } = source;
    const head = words[0]!;
    const isJoined = head % 2 === 1;
    this.isCut = head % 4 >= 2;
    this.length = head >>> 2;
    this.#from = 0;
    let from = 1;
    let time = minTime;
    for (let at = 0; at < this.length; at++) {
      const first = words[from++]!;
      const high = (first & wide) === wide ? words[from++]! : first & wide;
      time += high * whole + words[from++]!;
      this.#items[at] = first >>> 5;
      this.#times[at] = time;
      this.#his[at] = words[from++]!;
      this.#los[at] = words[from++]!;
      this.#members[at] = isJoined ? words[from++]! : person;
    }
    source.at = from * 4;
    this.items.readFrom(source);
  }

  #isJoined(person: number): boolean {
    for (let at = this.#from; at < this.#from + this.length; at++) if (this.#members[at] !== person) return true;
    return false;
  }

  #toFront(): void {
    this.#shift(this.#from, 0);
    this.#from = 0;
  }

  /** The steps from `from` on. */
  #shift(from: number, to: number): void {
    const end = this.#from + this.length;
    for (const column of [this.#items, this.#members, this.#his, this.#los, this.#times])
      column.copyWithin(to, from, end);
  }

  #put(at: number, { item, time, hi, lo, member, target }: Step): void {
    this.#items[at] = item * 2 + (target ? 1 : 0);
    this.#times[at] = time;
    this.#his[at] = hi;
    this.#los[at] = lo;
    this.#members[at] = member;
  }
}
