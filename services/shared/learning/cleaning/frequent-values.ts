/** The most frequent values of a stream in constant memory: Space-Saving. */
import { z } from 'zod';

const entrySchema = z.strictObject({
  value: z.union([z.string(), z.number(), z.boolean()]),
  /** Never below the true count. */
  count: z.int().min(1),
  /** The true count is at least `count − error`. */
  error: z.int().min(0),
});

const storedSchema = z.strictObject({ capacity: z.int().min(1), entries: z.array(entrySchema) });

type Entry = z.output<typeof entrySchema>;
type Value = Entry['value'];

/**
 * Metwally, Agrawal, El Abbadi 2005, "Efficient computation of frequent and top-k elements": any value that makes up more
 * than 1/capacity of the stream is among the entries. Merging: Agarwal and others 2013, "Mergeable summaries", section 3.
 */
export class FrequentValues {
  readonly #capacity: number;
  readonly #entries = new Map<Value, Entry>();

  constructor(capacity = 64) {
    this.#capacity = capacity;
  }

  /** Throws a ZodError if `stored` is not what `store` gives. */
  static from(stored: unknown): FrequentValues {
    const { capacity, entries } = storedSchema.parse(stored);
    const frequent = new FrequentValues(capacity);
    for (const entry of entries) frequent.#entries.set(entry.value, entry);
    return frequent;
  }

  add(value: Value): void {
    const known = this.#entries.get(value);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const least = this.#entries.size < this.#capacity ? undefined : this.#rarest();
    if (least !== undefined) this.#entries.delete(least.value);
    const error = least?.count ?? 0;
    this.#entries.set(value, { value, count: error + 1, error });
  }

  /** Takes all that the other has seen. */
  merge(other: FrequentValues): void {
    const [floor, otherFloor] = [this.#floor(), other.#floor()];
    for (const entry of this.#entries.values()) {
      const theirs = other.#entries.get(entry.value);
      entry.count += theirs?.count ?? otherFloor;
      entry.error += theirs?.error ?? otherFloor;
    }
    for (const { value, count, error } of other.#entries.values()) {
      if (this.#entries.has(value)) continue;
      this.#entries.set(value, { value, count: count + floor, error: error + floor });
    }
    for (const { value } of this.top().slice(this.#capacity)) this.#entries.delete(value);
  }

  /** The commonest first; of equal ones the smaller in writing. */
  top(): Entry[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry })).sort(byCount);
  }

  /** The commonest value; undefined before the first. */
  mode(): Value | undefined {
    return this.top()[0]?.value;
  }

  /** Plain JSON. */
  store(): z.output<typeof storedSchema> {
    return { capacity: this.#capacity, entries: this.top() };
  }

  /** What a value that is not there may have been counted at most. */
  #floor(): number {
    return this.#entries.size < this.#capacity ? 0 : this.#rarest().count;
  }

  #rarest(): Entry {
    let rarest: Entry | undefined;
    for (const entry of this.#entries.values()) if (rarest === undefined || byCount(entry, rarest) > 0) rarest = entry;
    return rarest!;
  }
}

function byCount(a: Entry, b: Entry): number {
  return b.count - a.count || (String(a.value) < String(b.value) ? -1 : 1);
}
