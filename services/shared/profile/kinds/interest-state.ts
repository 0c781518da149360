/** The state of an interest: lists of its values and event types, and days that name both by their places there. */
import { compareBytes } from '../order.ts';
import { decodeIndexes, encodeIndexes, mergePanes, placeFor, type Panes, type PaneShape } from '../panes.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import { Day, decodeDay } from './interest-day.ts';
import { decodeType, encodeType, type NamedTypes } from './named-types.ts';

const noBytes: Buffer = Buffer.alloc(0);

export class Interests {
  /** All that the days name and nothing else, ascending by bytes. */
  values: string[] = [];
  types: string[] = [];
  readonly days: Panes<Day>;
  /** The segment that was written or read last; empty if there is none, or none that the days' places fit. */
  #bytes: Buffer = noBytes;
  #start = 0;
  /** Size of the lists in it. */
  #listsSize = 0;

  constructor(days: Panes<Day> = { indexes: [], cells: [] }) {
    this.days = days;
  }

  /** `overflow` is called where a full day meets another value. */
  add(sighting: { value: string; type: string; time: number }, shape: PaneShape, overflow: () => void): void {
    const { days } = this;
    const before = days.indexes.length;
    const place = placeFor(days, shape, sighting.time);
    if (place < 0) return;
    const isNew = days.cells[place] === undefined;
    const day = (days.cells[place] ??= new Day());
    const hasForgotten = isNew && days.indexes.length <= before;
    if (this.#admit(day, sighting.value, overflow)) {
      const value = this.#placeOf(this.values, sighting.value);
      day.count(value, this.#placeOf(this.types, sighting.type), 1);
    }
    if (hasForgotten) this.#forgetUnnamed();
  }

  /** Makes room in a full day, if the value deserves it. */
  #admit(day: Day, value: string, overflow: () => void): boolean {
    if (!day.isFull) return true;
    const place = placeIn(this.values, value);
    if (this.values[place] === value && day.has(place)) return true;
    overflow();
    if (!day.isBeatenBy(value, this.values)) return false;
    day.dropWorst(this.values);
    this.#forgetUnnamed();
    return true;
  }

  /** The place of `name` in one of the lists, put there if it is new. */
  #placeOf(list: string[], name: string): number {
    const place = placeIn(list, name);
    if (list[place] === name) return place;
    const old = list.length;
    list.splice(place, 0, name);
    if (place < old) this.#shift(list === this.values ? 'values' : 'types', place);
    this.#bytes = noBytes;
    return place;
  }

  #shift(list: 'values' | 'types', from: number): void {
    for (const day of this.days.cells) {
      const places = day[list];
      for (let i = 0; i < places.length; i++) if (places[i]! >= from) places[i]! += 1;
    }
  }

  /** Takes out of the lists what no day names any more. */
  #forgetUnnamed(): void {
    const { cells } = this.days;
    const values = newPlaces(
      cells.map((day) => day.values),
      this.values.length,
    );
    const types = newPlaces(
      cells.map((day) => day.types),
      this.types.length,
    );
    if (!values.includes(-1) && !types.includes(-1)) return;
    for (const day of cells) day.rename(values, types);
    this.values = this.values.filter((_, place) => values[place]! >= 0);
    this.types = this.types.filter((_, place) => types[place]! >= 0);
    this.#bytes = noBytes;
  }

  /** Changes neither. */
  static merge(a: Interests, b: Interests, shape: PaneShape): Interests {
    const values = union(a.values, b.values);
    const types = union(a.types, b.types);
    const renamed = (one: Interests): Panes<Day> => {
      const valuePlaces = one.values.map((value) => placeIn(values, value));
      const typePlaces = one.types.map((type) => placeIn(types, type));
      const cells = one.days.cells.map((day) => day.copy());
      for (const day of cells) day.rename(valuePlaces, typePlaces);
      return { indexes: one.days.indexes, cells };
    };
    const merged = new Interests(
      mergePanes(shape, renamed(a), renamed(b), (day, other) => {
        if (other !== undefined)
          other.values.forEach((value, at) => day.count(value, other.types[at]!, other.events[at]!));
        day.dropExcess(values);
        return day;
      }),
    );
    merged.values = values;
    merged.types = types;
    merged.#forgetUnnamed();
    return merged;
  }

  /** Copies what has not changed since the last time. */
  encode(writer: StateWriter, named: NamedTypes): void {
    const start = writer.size;
    if (this.#bytes !== noBytes) writer.copy(this.#bytes, this.#start, this.#start + this.#listsSize);
    else this.#encodeLists(writer, named);
    this.#listsSize = writer.size - start;
    encodeIndexes(writer, this.days.indexes);
    this.#encodeDays(writer, start);
    this.#bytes = noBytes; // Until `kept` says where what was written lies.
  }

  #encodeLists(writer: StateWriter, named: NamedTypes): void {
    writer.unsigned(this.types.length);
    for (const type of this.types) encodeType(writer, type, named);
    writer.unsigned(this.values.length);
    for (const value of this.values) writer.plain(value);
  }

  /** From the newest down. Days that lie side by side and have not changed are copied at once. */
  #encodeDays(writer: StateWriter, start: number): void {
    const { cells } = this.days;
    let from = 0;
    let to = 0;
    for (let place = cells.length - 1; place >= 0; place--) {
      const day = cells[place]!;
      const { at } = day;
      const size = this.#bytes === noBytes ? 0 : day.size;
      if (size === 0 || at !== to) {
        this.#copyRun(writer, from, to);
        from = to = at;
      }
      if (size === 0) this.#encodeDay(writer, day, start);
      else day.lieAt(writer.size - start + to - from, size);
      to += size;
    }
    this.#copyRun(writer, from, to);
  }

  #copyRun(writer: StateWriter, from: number, to: number): void {
    if (to > from) writer.copy(this.#bytes, this.#start + from, this.#start + to);
  }

  #encodeDay(writer: StateWriter, day: Day, start: number): void {
    const at = writer.size;
    day.encode(writer, this.types.length);
    day.lieAt(at - start, writer.size - at);
  }

  static decode(reader: StateReader, shape: PaneShape, named: NamedTypes): Interests {
    const start = reader.at;
    const types: string[] = [];
    for (let left = reader.unsigned(); left > 0; left--) types.push(decodeType(reader, named));
    const values: string[] = [];
    for (let left = reader.unsigned(); left > 0; left--) values.push(reader.plain());
    const listsSize = reader.at - start;
    const indexes = decodeIndexes(reader, shape);
    const cells = indexes.map(() => {
      const at = reader.at;
      const day = decodeDay(reader, values.length, types.length);
      day.lieAt(at - start, reader.at - at);
      return day;
    });
    const interests = new Interests({ indexes, cells: cells.reverse() });
    interests.values = values;
    interests.types = types;
    interests.#listsSize = listsSize;
    return interests;
  }

  kept(bytes: Buffer, start: number): void {
    this.#bytes = bytes;
    this.#start = start;
  }
}

/** First place whose name is at least `name`. */
function placeIn(list: readonly string[], name: string): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(list[middle]!, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const union = (a: readonly string[], b: readonly string[]): string[] =>
  [...new Set([...a, ...b])].toSorted(compareBytes);

/** For each place of a list, where it stands once those that nobody uses are gone; -1 for those. */
function newPlaces(uses: readonly (readonly number[])[], length: number): number[] {
  const used = new Set(uses.flat());
  let next = 0;
  return Array.from({ length }, (_, place) => (used.has(place) ? next++ : -1));
}
