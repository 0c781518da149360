/**
 * Replays events and makes examples of them: the features at the moment of an event, from what the log held by then alone,
 * and whether the label came true within its time. Memory grows with the profiles, and with the capacity, not with events.
 *
 * An event older than what its profile already holds, or than the horizon, makes no example: nobody knew it at its moment. A label is settled
 * once all partitions have passed its horizon by `graceMs`, by the links known then, and never again.
 */
import type { CleanEvent } from '../../event.ts';
import { attributesAt, earliestAsOf } from '../../profile/attributes.ts';
import { ReplayedProfiles } from '../../profile/replayed-profiles.ts';
import { Draw, lotOf } from './draw.ts';
import { EventTime } from './event-time.ts';
import type { Example, Examples } from './example.ts';
import { LabelTimes } from './label-times.ts';
import { PendingRows, type PendingRow } from './pending-rows.ts';
import type { PointInTimeSettings } from './settings.ts';

const linkTypes: readonly string[] = ['identify', 'alias'];

interface DrawnExample extends Example {
  readonly lot: number;
}

export class PointInTime {
  readonly #settings: PointInTimeSettings;
  readonly #isMoment: (type: string) => boolean;
  readonly #isLabel: ReadonlySet<string>;
  readonly #profiles: ReplayedProfiles;
  readonly #time: EventTime;
  readonly #labels = new LabelTimes();
  readonly #pending: PendingRows;
  readonly #drawn: Draw<DrawnExample>;
  #settled = 0;

  /** `partitions`: those whose events will come. */
  constructor(settings: PointInTimeSettings, partitions: readonly number[]) {
    const { decideAt, label, compiled, dedupeWindowMs, capacity } = settings;
    const types = decideAt && new Set(decideAt);
    this.#settings = settings;
    this.#isMoment = (type) => types?.has(type) ?? !linkTypes.includes(type);
    this.#isLabel = new Set(label.events);
    this.#profiles = new ReplayedProfiles(compiled, dedupeWindowMs);
    this.#time = new EventTime(partitions);
    this.#pending = new PendingRows(capacity);
    this.#drawn = new Draw(capacity);
  }

  /** The partition to go on with, so that none runs ahead of the others; undefined: all have ended. */
  get next(): number | undefined {
    return this.#time.furthestBack;
  }

  /** Events of a partition come in the order of its log. */
  take(event: CleanEvent, partition: number): void {
    if (!this.#profiles.isNew(event)) return;
    const { moment, label } = this.#settings;
    const time = Date.parse(event.time);
    if (moment === 'before') this.#decide(event, time);
    this.#profiles.apply(event);
    if (this.#isLabel.has(event.type)) this.#labels.add(event.profile, time, this.#passed - label.withinMs);
    if (moment === 'after') this.#decide(event, time);
    this.#time.note(partition, event);
    this.#settle();
  }

  /** No more events will come of this partition. */
  end(partition: number): void {
    this.#time.end(partition);
    this.#settle();
  }

  /** Once all partitions have ended. */
  finish(): Examples {
    const drawn = this.#drawn
      .values()
      .map(({ profile, time, values, label }): Example => ({ profile, time, values, label }));
    const examples = drawn.toSorted((a, b) => a.time - b.time || (a.profile < b.profile ? -1 : 1));
    return { examples, settled: this.#settled, unsettled: this.#pending.size };
  }

  /** What is older than this has had its time to come in. */
  get #passed(): number {
    return this.#time.reached - this.#settings.graceMs;
  }

  #decide({ type, profile: member }: CleanEvent, time: number): void {
    const { moment, seed, label, from = -Infinity } = this.#settings;
    if (time < from || !this.#isMoment(type) || time + label.withinMs < this.#passed) return;
    const held = this.#pending.get(member, time);
    // Of several events of one moment, the first has what was before all of them, and the last what was known after.
    if (held !== undefined && moment === 'before') return;
    const lot = lotOf(seed, `${time} ${member}`);
    if (held === undefined && !this.#pending.admits(lot)) return;
    const known = this.#valuesAt(member, time);
    if (known === undefined) return;
    if (held !== undefined) held.values = known.values;
    else this.#pending.add({ lot, member, time, ...known });
  }

  /** undefined: there is no profile yet, or it holds later events, or (before) some of this very moment. */
  #valuesAt(member: string, time: number): Pick<PendingRow, 'profile' | 'values'> | undefined {
    const { compiled, features, moment } = this.#settings;
    const { root, state } = this.#profiles.resolve(member);
    if (state === undefined) return undefined;
    const newest = earliestAsOf(state) ?? -Infinity;
    if (moment === 'before' ? newest >= time : newest > time) return undefined;
    const attributes = attributesAt(compiled, state, time);
    const values = Object.fromEntries(features.map((name) => [name, attributes[name]?.value]));
    return { profile: root, values };
  }

  #settle(): void {
    const before = this.#passed - this.#settings.label.withinMs;
    for (let row = this.#pending.takeBefore(before); row; row = this.#pending.takeBefore(before)) {
      this.#settled++;
      if (this.#drawn.admits(row.lot)) this.#drawn.offer(this.#labelled(row));
    }
  }

  #labelled({ member, profile, time, values, lot }: PendingRow): DrawnExample {
    const { label, moment } = this.#settings;
    const last = time + label.withinMs;
    const isWithin = (at: number): boolean => at <= last && (moment === 'before' ? at >= time : at > time);
    const came = this.#labels.some(this.#profiles.resolve(member).members, isWithin);
    return { profile, time, values, label: came, lot };
  }
}
