/**
 * What SR, EASE and popularity are made of, kept so that a later run adds only what is new: counters of pairs, each
 * person's items (whose products are the Gram matrix) and newest steps, and counts by item. All are exact sums, so the
 * order and the cuts in which events come do not matter, as long as `inexact` stays at 0. Memory: pairs of items, and 16 to
 * 20 bytes for each of a person's newest steps (`tailLength` at most) and a byte or two for each of their items.
 */
import type { CleanEvent } from '../../event.ts';
import { idHash64 } from '../../id-hash.ts';
import { linkEnds } from '../../profile/identity.ts';
import type { LinkEvent } from '../../profile/compile.ts';
import { isEventTime } from '../../profile/order.ts';
import { Numbering } from '../columns.ts';
import type { ToldAttributes } from '../event-table.ts';
import { isStep, type ModelInputs } from '../model-inputs.ts';
import { PairCounts } from '../pair-counts.ts';
import { Histories } from './histories.ts';
import type { History } from './history.ts';
import { lineOfSteps, PairSums } from './pair-sums.ts';
import { Persons } from './persons.ts';
import { compareSteps, type Step, type StepOrder } from './steps.ts';

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
  readonly histories: Histories;
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
    this.histories = new Histories(kept);
    this.pairs = new PairSums(new PairCounts(pairSize), inputs.window);
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
    if (!event.itemId || !isStep(this.inputs, event.type) || !isEventTime(time)) return;
    const member = this.persons.memberOf(event.profile);
    const target = this.inputs.targets.has(event.type);
    const at = { time, hi, lo, member };
    const person = this.persons.personOf(member);
    const history = this.histories.of(person);
    const place = this.#placeOf(history, at);
    if (place === undefined) return;
    // Not before it is known to be new: a repeat must not make an item.
    const step = { ...at, item: this.#itemOf(event.itemId), target };
    before?.(person, step);
    this.#add(history, place, step);
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
  #placeOf(history: History, at: StepOrder): number | undefined {
    if (history.has(at)) return undefined;
    const place = history.placeOf(at);
    if (!history.isCut || place >= this.inputs.window) return place;
    this.inexact.beyond++;
    return undefined;
  }

  #add(history: History, place: number, step: Step): void {
    this.pairs.insert(history, place, step);
    history.insert(place, step);
    history.items.add(step.item);
    this.histories.changed();
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
    const { persons, histories, pairs } = this;
    const [own, others] = [this.#takeOut(person), this.#takeOut(other)];
    const merged = [...own.steps, ...others.steps].sort(compareSteps);
    if (this.#fitTogether(own, others)) {
      pairs.addAll(lineOfSteps(own.steps), -1);
      pairs.addAll(lineOfSteps(others.steps), -1);
      pairs.addAll(lineOfSteps(merged), 1);
    } else this.inexact.joins++;
    const history = histories.of(person);
    history.replace(merged, own.isCut || others.isCut);
    for (const item of [...own.items, ...others.items]) history.items.add(item);
    histories.changed();
    persons.unite(person, other);
  }

  #takeOut(person: number): Taken {
    const history = this.histories.of(person);
    const taken = { steps: history.steps(), items: history.items.values(), isCut: history.isCut };
    history.clear();
    this.histories.changed();
    return taken;
  }

  /** Whether what is kept of two persons is all that pairs across them need. */
  #fitTogether(a: Taken, b: Taken): boolean {
    if (a.steps.length === 0 || b.steps.length === 0) return true;
    if (!a.isCut && !b.isCut) return true;
    if (a.isCut && b.isCut) return false;
    const [cut, whole] = a.isCut ? [a, b] : [b, a];
    return compareSteps(cut.steps[this.inputs.window - 1]!, whole.steps[0]!) < 0;
  }
}

interface Taken {
  readonly steps: readonly Step[];
  readonly items: readonly number[];
  readonly isCut: boolean;
}

/** Enough to score a history, and to find the place of what is late. */
export const tailLength = ({ length, window }: ModelInputs): number => Math.max(length, window + lateSteps);
