/** The newest steps of each person, in order: what pairs with what comes next, and tells a repeat. Bounded by persons. */
import { Blocks, grown } from './blocks.ts';

/** Where a step stands among those of its person. */
export interface StepOrder {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Order among steps of one time, and with the member what a repeat is told by. */
  readonly hi: number;
  readonly lo: number;
  /** Number of the id under which it came. */
  readonly member: number;
}

export interface Step extends StepOrder {
  readonly item: number;
  readonly target: boolean;
}

/** Negative where `a` comes first. */
export const compareSteps = (a: StepOrder, b: StepOrder): number => a.time - b.time || a.hi - b.hi || a.lo - b.lo;

/** In front of an item's number: it is a target. */
const targetBit = 2 ** 31;

export class Tails {
  readonly capacity: number;
  readonly #blocks = new Blocks();
  #items = new Uint32Array(1024);
  #members = new Uint32Array(1024);
  #his = new Uint32Array(1024);
  #los = new Uint32Array(1024);
  #times = new Float64Array(1024);
  #starts = new Uint32Array(256);
  #lengths = new Uint32Array(256);
  /** Of each person's block. */
  #sizes = new Uint32Array(256);
  /** 1 where older steps were dropped. */
  #cut = new Uint32Array(256);

  /** Steps that are kept of a person. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  lengthOf(person: number): number {
    return this.#lengths[person] ?? 0;
  }

  isCut(person: number): boolean {
    return this.#cut[person] === 1;
  }

  at(person: number, place: number): Step {
    const at = this.#starts[person]! + place;
    const item = this.#items[at]!;
    return {
      item: item >= targetBit ? item - targetBit : item,
      time: this.#times[at]!,
      hi: this.#his[at]!,
      lo: this.#los[at]!,
      member: this.#members[at]!,
      target: item >= targetBit,
    };
  }

  itemAt(person: number, place: number): number {
    return this.#items[this.#starts[person]! + place]! % targetBit;
  }

  isTarget(person: number, place: number): boolean {
    return this.#items[this.#starts[person]! + place]! >= targetBit;
  }

  /** -Infinity without steps. */
  newestTime(person: number): number {
    const length = this.lengthOf(person);
    return length === 0 ? -Infinity : this.#times[this.#starts[person]! + length - 1]!;
  }

  has(person: number, { hi, lo, member }: StepOrder): boolean {
    const start = this.#starts[person] ?? 0;
    for (let at = start + this.lengthOf(person) - 1; at >= start; at--)
      if (this.#los[at] === lo && this.#his[at] === hi && this.#members[at] === member) return true;
    return false;
  }

  /** Where a step would come in: behind all that are not later. */
  placeOf(person: number, step: StepOrder): number {
    let place = this.lengthOf(person);
    while (place > 0 && compareSteps(this.at(person, place - 1), step) > 0) place--;
    return place;
  }

  /** Drops the oldest beyond the capacity. */
  insert(person: number, place: number, step: Step): void {
    const length = this.lengthOf(person);
    this.#fit(person, length + 1);
    const start = this.#starts[person]!;
    for (const column of this.#columns()) column.copyWithin(start + place + 1, start + place, start + length);
    this.#put(start + place, step);
    this.#lengths[person] = length + 1;
    if (length + 1 > this.capacity) this.#dropOldest(person);
  }

  /** In place of all that the person has; `isCut`: older ones were dropped before. */
  replace(person: number, steps: readonly Step[], isCut: boolean): void {
    this.#fit(person, Math.max(1, steps.length));
    const kept = steps.slice(-this.capacity);
    kept.forEach((step, place) => this.#put(this.#starts[person]! + place, step));
    this.#lengths[person] = kept.length;
    this.#cut[person] = isCut || kept.length < steps.length ? 1 : 0;
  }

  /** Leaves nothing of the person. */
  clear(person: number): void {
    if (person >= this.#sizes.length) return;
    this.#blocks.give(this.#starts[person]!, this.#sizes[person]!);
    this.#sizes[person] = this.#lengths[person] = this.#cut[person] = 0;
  }

  all(person: number): Step[] {
    return Array.from({ length: this.lengthOf(person) }, (_, place) => this.at(person, place));
  }

  #columns() {
    return [this.#items, this.#members, this.#his, this.#los, this.#times];
  }

  #put(at: number, { item, time, hi, lo, member, target }: Step): void {
    this.#items[at] = target ? item + targetBit : item;
    this.#times[at] = time;
    this.#his[at] = hi;
    this.#los[at] = lo;
    this.#members[at] = member;
  }

  #dropOldest(person: number): void {
    const start = this.#starts[person]!;
    const length = this.#lengths[person]!;
    for (const column of this.#columns()) column.copyWithin(start, start + 1, start + length);
    this.#lengths[person] = length - 1;
    this.#cut[person] = 1;
  }

  /** Room for so many; what the person has comes along. */
  #fit(person: number, length: number): void {
    this.#starts = grown(this.#starts, person + 1);
    this.#lengths = grown(this.#lengths, person + 1);
    this.#cut = grown(this.#cut, person + 1);
    this.#sizes = grown(this.#sizes, person + 1);
    const held = this.#sizes[person]!;
    if (length <= held) return;
    const size = Blocks.sizeFor(length);
    const from = this.#starts[person]!;
    const start = this.#blocks.take(size);
    const end = this.#blocks.end;
    this.#items = grown(this.#items, end);
    this.#members = grown(this.#members, end);
    this.#his = grown(this.#his, end);
    this.#los = grown(this.#los, end);
    this.#times = grown(this.#times, end);
    for (const column of this.#columns()) column.copyWithin(start, from, from + this.#lengths[person]!);
    this.#blocks.give(from, held);
    this.#starts[person] = start;
    this.#sizes[person] = size;
  }
}
