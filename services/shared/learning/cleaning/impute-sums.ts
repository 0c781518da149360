/** Learns what a field is filled in with: of all events, and of each group. */
import { z } from 'zod';
import type { ImputeStep } from '../../../../crds/learned-cleaning.ts';
import type { Scalar } from '../../profile/fields.ts';
import { imputeDefinition, type LearnedImpute } from './cleaning-model.ts';
import { sentField, typeFilter, type Observed } from './observed.ts';
import { createSummary, fits, type LearnedMethod, type Summary } from './summaries.ts';

/** Further groups are filled in as all events together: what is kept is bounded, whatever comes. */
export const groupsKept = 10_000;

const storedSchema = z.strictObject({
  values: z.int().min(0),
  overall: z.unknown(),
  groups: z.array(z.tuple([z.string(), z.int().min(1), z.unknown()])),
});

interface Group {
  values: number;
  readonly summary: Summary;
}

export class ImputeSums {
  readonly #step: ImputeStep;
  readonly #method: LearnedMethod;
  readonly #field: ReturnType<typeof sentField>;
  readonly #by: ((event: Observed['event']) => string | undefined) | undefined;
  readonly #isFor: (type: string) => boolean;
  readonly #overall: Summary;
  readonly #groups = new Map<string, Group>();
  #values = 0;

  /** Of a step that learns: not of a constant. */
  constructor(step: ImputeStep) {
    this.#step = step;
    this.#method = step.with as LearnedMethod;
    this.#field = sentField(step.field);
    this.#by = step.by === undefined ? undefined : groupOf(step.by);
    this.#isFor = typeFilter(step.events);
    this.#overall = createSummary(this.#method, false);
  }

  add({ event, time }: Observed): void {
    if (!this.#isFor(event.type)) return;
    const value = this.#field(event);
    if (!fits(this.#method, value)) return;
    this.#values++;
    this.#overall.add(value, time);
    const key = this.#by?.(event);
    if (key !== undefined) this.#addTo(key, value, time);
  }

  #addTo(key: string, value: Scalar, time: number): void {
    const group = this.#groups.get(key) ?? this.#begin(key);
    if (group === undefined) return;
    group.values++;
    group.summary.add(value, time);
  }

  #begin(key: string): Group | undefined {
    if (this.#groups.size >= groupsKept) return undefined;
    const group = { values: 0, summary: createSummary(this.#method, true) };
    this.#groups.set(key, group);
    return group;
  }

  /** Of more groups than can be kept those with most values stay. */
  merge(stored: unknown): void {
    const { values, overall, groups } = storedSchema.parse(stored);
    this.#values += values;
    this.#overall.merge(overall);
    for (const [key, count, summary] of groups) {
      const group = this.#groups.get(key) ?? { values: 0, summary: createSummary(this.#method, true) };
      group.values += count;
      group.summary.merge(summary);
      this.#groups.set(key, group);
    }
    for (const [key] of this.#sorted().slice(groupsKept)) this.#groups.delete(key);
  }

  store(): z.output<typeof storedSchema> {
    const groups = this.#sorted().map(([key, { values, summary }]): [string, number, unknown] => [
      key,
      values,
      summary.store(),
    ]);
    return { values: this.#values, overall: this.#overall.store(), groups };
  }

  fit(): LearnedImpute | undefined {
    const overall = this.#overall.result();
    if (overall === undefined) return undefined;
    const groups = this.#sorted().map(([key, { summary }]): LearnedImpute['groups'][number] => [
      key,
      filler(summary.result()!),
    ]);
    const { name } = this.#step;
    const definition = imputeDefinition(this.#step);
    return { name, definition, values: this.#values, overall: filler(overall), groups };
  }

  /** The greatest first. */
  #sorted(): [string, Group][] {
    return [...this.#groups].sort(([a, { values }], [b, other]) => other.values - values || (a < b ? -1 : 1));
  }
}

const filler = (result: NonNullable<ReturnType<Summary['result']>>): NonNullable<LearnedImpute['overall']> =>
  typeof result === 'object' ? result.map(([time, value]): [number, Scalar] => [time, value]) : result;

/** The group of an event, as text: the number 7 and the text "7" are one. */
export function groupOf(path: string): (event: Observed['event']) => string | undefined {
  const read = sentField(path);
  return (event) => {
    const value = read(event);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
    const text = String(value);
    return text === '' || text.length > longestKey ? undefined : text;
  };
}

const longestKey = 256;
