/**
 * What SR, EASE and popularity are made of, kept so that a later run adds only what is new: counters of pairs, each
 * person's row of items (whose products are the Gram matrix) and newest steps, and counts by item. All are exact sums, so
 * the order and the cuts in which events come do not matter, as long as `inexact` stays at 0.
 */
import type { CleanEvent } from '../../event.ts';
import { idHash64 } from '../../id-hash.ts';
import { linkEnds } from '../../profile/identity.ts';
import type { LinkEvent } from '../../profile/compile.ts';
import { Numbering } from '../columns.ts';
import type { ToldAttributes } from '../event-table.ts';
import { isStep, type ModelInputs } from '../model-inputs.ts';
import { PairCounts } from '../pair-counts.ts';
import { lineOf, lineOfSteps, PairSums } from './pair-sums.ts';
import { Persons } from './persons.ts';
import { Rows } from './rows.ts';
import { compareSteps, Tails, type Step, type StepOrder } from './tails.ts';

/** Rows and columns of the counters are numbers of items below this, in the order of their first mention. */
const pairSize = 2 ** 26;
/** Steps are kept beyond the window, so that late ones find their place. */
const lateSteps = 54;

/** What the sums could not take in exactly; a full refit can. */
export interface Inexact {
  /** Steps older than all that is kept of their person, which cannot be told from repeats: they are left out. */
  beyond: number;
  /** Persons joined whose steps lie between each other further back than is kept: pairs across them are left out. */
  joins: number;
  /** Links replaced by an earlier one to somebody else: the steps stay with whom they were given to first. */
  moved: number;
}

/** Told of each step before it is added. */
export type BeforeStep = (person: number, step: Step) => void;

export class Sums {
  readonly inputs: ModelInputs;
  readonly mergeOn: readonly LinkEvent[];
  readonly persons = new Persons();
  readonly items = new Numbering();
  readonly rows = new Rows();
  readonly tails: Tails;
  readonly pairs: PairSums;
  /** By item. */
  readonly targets: number[] = [];
  readonly steps: number[] = [];
  readonly attributes: (ToldAttributes | undefined)[] = [];
  readonly inexact: Inexact = { beyond: 0, joins: 0, moved: 0 };
  #events = 0;

  /** `kept`: steps of each person, at least the window. */
  constructor(inputs: ModelInputs, mergeOn: readonly LinkEvent[], kept = tailLength(inputs)) {
    this.inputs = inputs;
    this.mergeOn = mergeOn;
    this.tails = new Tails(kept);
    this.pairs = new PairSums(new PairCounts(pairSize, 1 << 12), inputs.window);
  }

  /** Steps that were taken in. */
  get events(): number {
    return this.#events;
  }

  /** As `collectEvent`: the same events are steps, with the same ties, and make the same links. */
  take(event: CleanEvent, before?: BeforeStep, tie?: readonly [number, number]): void {
    const time = Date.parse(event.time);
    const ends = linkEnds(event, this.mergeOn);
    const [hi, lo] = tie ?? idHash64(event.id);
    if (ends) this.#link(ends.from, ends.to, { time, hi, lo });
    if (!event.itemId || !isStep(this.inputs, event.type)) return;
    const member = this.persons.memberOf(event.profile);
    const target = this.inputs.targets.has(event.type);
    const at = { time, hi, lo, member };
    const person = this.persons.personOf(member);
    const place = this.#placeOf(person, at);
    if (place === undefined) return;
    // Not before it is known to be new: a repeat must not make an item.
    const step = { ...at, item: this.#itemOf(event.itemId), target };
    before?.(person, step);
    this.#add(person, place, step);
    if (event.item) this.#tell(step, event.item);
  }

  restored(events: number, inexact: Inexact): void {
    this.#events = events;
    Object.assign(this.inexact, inexact);
  }

  #itemOf(id: string): number {
    const item = this.items.of(id);
    this.targets[item] ??= 0;
    this.steps[item] ??= 0;
    return item;
  }

  /** undefined: it is a repeat, or beyond what is kept. */
  #placeOf(person: number, at: StepOrder): number | undefined {
    const { tails } = this;
    if (tails.has(person, at)) return undefined;
    const place = tails.placeOf(person, at);
    if (!tails.isCut(person) || place >= this.inputs.window) return place;
    this.inexact.beyond++;
    return undefined;
  }

  #add(person: number, place: number, step: Step): void {
    this.pairs.insert(lineOf(this.tails, person), place, step);
    this.tails.insert(person, place, step);
    this.rows.add(person, step.item);
    this.steps[step.item]!++;
    if (step.target) this.targets[step.item]!++;
    this.#events++;
  }

  #tell({ item, time, hi, lo }: Step, told: ToldAttributes['item']): void {
    const known = this.attributes[item];
    const isOlder = known && (time - known.time || hi - known.tie[0] || lo - known.tie[1]) < 0;
    if (!isOlder) this.attributes[item] = { time, tie: [hi, lo], item: told };
  }

  #link(source: string, id: string, order: { time: number; hi: number; lo: number }): void {
    const joined = this.persons.link(source, { id, ...order });
    if (joined === 'moved') this.inexact.moved++;
    else if (joined) this.#join(...joined);
  }

  #join(person: number, other: number): void {
    const { tails, persons, rows, pairs } = this;
    const [own, others] = [tails.all(person), tails.all(other)];
    const merged = [...own, ...others].sort(compareSteps);
    if (this.#fitTogether(person, other)) {
      pairs.addAll(lineOfSteps(own), -1);
      pairs.addAll(lineOfSteps(others), -1);
      pairs.addAll(lineOfSteps(merged), 1);
    } else this.inexact.joins++;
    tails.replace(person, merged, tails.isCut(person) || tails.isCut(other));
    tails.clear(other);
    rows.join(person, other);
    persons.unite(person, other);
  }

  /** Whether what is kept of two persons is all that pairs across them need. */
  #fitTogether(a: number, b: number): boolean {
    const { tails } = this;
    if (tails.lengthOf(a) === 0 || tails.lengthOf(b) === 0) return true;
    if (!tails.isCut(a) && !tails.isCut(b)) return true;
    if (tails.isCut(a) && tails.isCut(b)) return false;
    const [cut, whole] = tails.isCut(a) ? [a, b] : [b, a];
    const { window } = this.inputs;
    return compareSteps(tails.at(cut, window - 1), tails.at(whole, 0)) < 0;
  }
}

/** Enough to score a history, and to find the place of what is late. */
export const tailLength = ({ length, window }: ModelInputs): number => Math.max(length, window + lateSteps);
