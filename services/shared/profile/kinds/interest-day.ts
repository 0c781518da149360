/** One day of an interest: events counted per value and event type, for at most 256 values. */
import { idHash64 } from '../../id-hash.ts';
import { compareBytes, type EventOrder } from '../order.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';

interface Tally {
  readonly value: string;
  readonly type: string;
  readonly events: number;
}

/** Tallies ascend by (value, type), so that equal days have equal bytes. */
export interface Day {
  tallies: Tally[];
  /** How many different values there are. */
  values: number;
  /** The value of greatest hash, once a full day had to know it; what a newcomer must beat. */
  worst?: Rank | undefined;
}

const maxValues = 256;

const compareTallies = (a: Omit<Tally, 'events'>, b: Omit<Tally, 'events'>): number =>
  compareBytes(a.value, b.value) || compareBytes(a.type, b.type);

/** Where (value, type) is or belongs. */
function placeOf(tallies: readonly Tally[], wanted: Omit<Tally, 'events'>): number {
  let low = 0;
  let high = tallies.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareTallies(tallies[middle]!, wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Rank = Pick<EventOrder, 'hi' | 'lo'> & { readonly value: string };

function rankOf(value: string): Rank {
  const [hi, lo] = idHash64(value);
  return { hi, lo, value };
}

const compareRanks = (a: Rank, b: Rank): number => a.hi - b.hi || a.lo - b.lo || compareBytes(a.value, b.value);

function worstOf(tallies: readonly Tally[]): Rank {
  return tallies.map(({ value }) => rankOf(value)).reduce((a, b) => (compareRanks(a, b) >= 0 ? a : b));
}

/**
 * Keeps the 256 values of smallest hash. A value once dropped stays dropped whatever comes later, and a value that is
 * kept was never dropped, so its counts are complete: that is what makes this bound independent of order. Changes `day`.
 */
function dropWorst(day: Day): void {
  const worst = day.worst ?? worstOf(day.tallies);
  day.tallies = day.tallies.filter(({ value }) => value !== worst.value);
  day.values--;
  day.worst = undefined;
}

/** True if a value that a full day does not know has a smaller hash than one that it keeps. */
function beatsWorst(day: Day, value: string): boolean {
  day.worst ??= worstOf(day.tallies);
  return compareRanks(rankOf(value), day.worst) < 0;
}

/** Changes `day` and gives it back. `overflow` is called where a full day meets another value. */
export function addToDay(day: Day | undefined, value: string, type: string, overflow: () => void): Day {
  if (day === undefined) return { tallies: [{ value, type, events: 1 }], values: 1 };
  const { tallies } = day;
  const place = placeOf(tallies, { value, type });
  const there = tallies[place];
  if (there !== undefined && there.value === value && there.type === type)
    tallies[place] = { value, type, events: there.events + 1 };
  else if (there?.value === value || tallies[place - 1]?.value === value)
    tallies.splice(place, 0, { value, type, events: 1 });
  else addValue(day, { value, type, events: 1 }, overflow);
  return day;
}

function addValue(day: Day, tally: Tally, overflow: () => void): void {
  const full = day.values >= maxValues;
  if (full) overflow();
  if (full && !beatsWorst(day, tally.value)) return;
  if (full) dropWorst(day);
  day.tallies.splice(placeOf(day.tallies, tally), 0, tally);
  day.values++;
}

/** Changes neither. */
export function mergeDays(a: Day, b: Day = { tallies: [], values: 0 }): Day {
  const tallies: Tally[] = [];
  for (const tally of [...a.tallies, ...b.tallies].toSorted(compareTallies)) {
    const before = tallies.at(-1);
    if (before === undefined || compareTallies(before, tally) !== 0) tallies.push(tally);
    else tallies[tallies.length - 1] = { ...tally, events: before.events + tally.events };
  }
  const day: Day = { tallies, values: countValues(tallies) };
  while (day.values > maxValues) dropWorst(day);
  return day;
}

const countValues = (tallies: readonly Tally[]): number =>
  tallies.reduce((values, { value }, place) => values + (tallies[place - 1]?.value === value ? 0 : 1), 0);

export function encodeDay(writer: StateWriter, { tallies }: Day): void {
  writer.unsigned(tallies.length);
  for (const { value, type, events } of tallies) writer.tally(value, type, events);
}

export function decodeDay(reader: StateReader): Day {
  const tallies: Tally[] = [];
  for (let left = reader.unsigned(); left > 0; left--) {
    const { a: value, b: type, times: events } = reader.tally();
    tallies.push({ value, type, events });
  }
  return { tallies, values: countValues(tallies) };
}
