/**
 * What sums know of one person: the newest steps in order, which pair with what comes next and tell a repeat, and every
 * item, whose products are the Gram matrix. At rest it is a piece of bytes.
 */
import { minTime } from '../../profile/order.ts';
import type { Bytes } from './bytes.ts';
import { ItemSet } from './item-set.ts';
import type { Line } from './pair-sums.ts';
import type { Step, StepOrder } from './steps.ts';

/** A step takes at most so many bytes: item, member and time as numbers, and eight of the hash. */
const longestStep = 5 + 5 + 8 + 8;
/** The steps' number and flags. */
const longestHead = 8;

export class History implements Line {
  readonly capacity: number;
  readonly items = new ItemSet();
  length = 0;
  /** Older steps were dropped. */
  isCut = false;
  /** Twice the item's number, and one more where it is a target. */
  readonly #items: Uint32Array;
  readonly #members: Uint32Array;
  readonly #his: Uint32Array;
  readonly #los: Uint32Array;
  readonly #times: Float64Array;

  /** Steps that are kept. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#items = new Uint32Array(capacity + 1);
    this.#members = new Uint32Array(capacity + 1);
    this.#his = new Uint32Array(capacity + 1);
    this.#los = new Uint32Array(capacity + 1);
    this.#times = new Float64Array(capacity + 1);
  }

  itemAt(place: number): number {
    return this.#items[place]! >>> 1;
  }

  isTarget(place: number): boolean {
    return (this.#items[place]! & 1) === 1;
  }

  /** -Infinity without steps. */
  get newestTime(): number {
    return this.length === 0 ? -Infinity : this.#times[this.length - 1]!;
  }

  has({ hi, lo, member }: StepOrder): boolean {
    for (let at = this.length - 1; at >= 0; at--)
      if (this.#los[at] === lo && this.#his[at] === hi && this.#members[at] === member) return true;
    return false;
  }

  /** Where a step would come in: behind all that are not later. */
  placeOf({ time, hi, lo }: StepOrder): number {
    let place = this.length;
    for (; place > 0; place--) {
      const at = place - 1;
      const its = this.#times[at]!;
      if (its < time || (its === time && (this.#his[at]! - hi || this.#los[at]! - lo) <= 0)) break;
    }
    return place;
  }

  /** Drops the oldest beyond the capacity. */
  insert(place: number, step: Step): void {
    for (const column of this.#columns()) column.copyWithin(place + 1, place, this.length);
    this.#put(place, step);
    this.length++;
    if (this.length <= this.capacity) return;
    for (const column of this.#columns()) column.copyWithin(0, 1, this.length);
    this.length--;
    this.isCut = true;
  }

  /** In place of all steps; `isCut`: older ones were dropped before. */
  replace(steps: readonly Step[], isCut: boolean): void {
    const kept = steps.slice(-this.capacity);
    kept.forEach((step, place) => this.#put(place, step));
    this.length = kept.length;
    this.isCut = isCut || kept.length < steps.length;
  }

  steps(): Step[] {
    return Array.from({ length: this.length }, (_, at) => ({
      item: this.itemAt(at),
      time: this.#times[at]!,
      hi: this.#his[at]!,
      lo: this.#los[at]!,
      member: this.#members[at]!,
      target: this.isTarget(at),
    }));
  }

  clear(): void {
    this.length = 0;
    this.isCut = false;
    this.items.clear();
  }

  /** Of a person who has one id alone, `person`, the members go without saying. */
  writeTo(out: Bytes, person: number): void {
    out.reach(this.items.room + longestHead + this.length * longestStep);
    out.at = 0;
    this.items.writeTo(out);
    const isJoined = this.#members.subarray(0, this.length).some((member) => member !== person);
    out.put(this.length * 4 + (this.isCut ? 2 : 0) + (isJoined ? 1 : 0));
    let before = minTime;
    for (let at = 0; at < this.length; at++) {
      const time = this.#times[at]!;
      out.put(this.#items[at]!);
      out.put(time - before);
      out.putWord(this.#his[at]!);
      out.putWord(this.#los[at]!);
      if (isJoined) out.put(this.#members[at]!);
      before = time;
    }
  }

  readFrom(source: Bytes, person: number): void {
    this.items.readFrom(source);
    const head = source.take();
    const isJoined = head % 2 === 1;
    this.isCut = head % 4 >= 2;
    this.length = head >>> 2;
    let time = minTime;
    for (let at = 0; at < this.length; at++) {
      this.#items[at] = source.take();
      time += source.take();
      this.#times[at] = time;
      this.#his[at] = source.takeWord();
      this.#los[at] = source.takeWord();
      this.#members[at] = isJoined ? source.take() : person;
    }
  }

  #columns() {
    return [this.#items, this.#members, this.#his, this.#los, this.#times];
  }

  #put(at: number, { item, time, hi, lo, member, target }: Step): void {
    this.#items[at] = item * 2 + (target ? 1 : 0);
    this.#times[at] = time;
    this.#his[at] = hi;
    this.#los[at] = lo;
    this.#members[at] = member;
  }
}
