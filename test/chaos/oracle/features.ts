/** What each feature kind says of a set of events, straight from its definition: no state, no merging, one sort. */
import { durationMs } from '../../../crds/scalars.ts';
import type { FeatureDefinition } from '../../../crds/features.ts';
import { cardinality } from './hyperloglog.ts';
import { compareEvents, compareUtf8, hashText } from './order.ts';
import type { Judged } from './verdict.ts';

export interface Said {
  readonly value: unknown;
  readonly approximate?: true;
}

/** Events that the feature counts, in order. */
type Kind = (counted: readonly Judged[], now: number) => Said;
type Definition<K extends keyof FeatureDefinition> = NonNullable<FeatureDefinition[K]>;

function fieldOf({ event }: Judged, path: string): string | number | undefined {
  let value: unknown = event;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

const iso = (time: number): string => new Date(time).toISOString();
const micro = (value: unknown): bigint => BigInt(Math.round(Number(value) * 1e6));

/** The events in the panes that count at `now`, pane by pane: those that the newest event has not pushed out, either. */
function panesOf(
  counted: readonly Judged[],
  now: number,
  size: { pane: number; panes: number },
): Map<number, Judged[]> {
  const pane = ({ time }: { time: number }): number => (size.pane === Infinity ? 0 : Math.floor(time / size.pane));
  const newest = Math.max(...counted.map(pane));
  const end = pane({ time: now });
  const inside = (p: number) => p > newest - size.panes && p > end - size.panes && p <= end;
  return Map.groupBy(
    counted.filter((each) => inside(pane(each))),
    pane,
  );
}

function sizeOf({ window, pane }: { window?: string | undefined; pane?: string | undefined }) {
  if (window === undefined) return { pane: Infinity, panes: 1 };
  const whole = durationMs(window);
  const each = pane === undefined ? whole / 30 : durationMs(pane);
  return { pane: each, panes: whole / each };
}

const inWindow = (definition: Parameters<typeof sizeOf>[0], counted: readonly Judged[], now: number): Judged[] =>
  [...panesOf(counted, now, sizeOf(definition)).values()].flat();

const numbersOf = (definition: Definition<'sum'>, counted: readonly Judged[], now: number): bigint[] =>
  inWindow(definition, counted, now).map((each) => micro(fieldOf(each, definition.field)));

const total = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n);
const nothing = (amounts: readonly bigint[], value: () => number): Said => ({
  value: amounts.length === 0 ? null : value(),
});

const kinds: { [K in Exclude<keyof FeatureDefinition, 'name' | 'ratio'>]-?: (definition: Definition<K>) => Kind } = {
  count: (definition) => (counted, now) => ({ value: inWindow(definition, counted, now).length }),
  sum: (definition) => (counted, now) => ({ value: Number(total(numbersOf(definition, counted, now))) / 1e6 }),
  mean: (definition) => (counted, now) => {
    const amounts = numbersOf(definition, counted, now);
    return nothing(amounts, () => Number(total(amounts)) / (amounts.length * 1e6));
  },
  min: (definition) => (counted, now) => {
    const amounts = numbersOf(definition, counted, now);
    return nothing(amounts, () => Math.min(...amounts.map(Number)) / 1e6);
  },
  max: (definition) => (counted, now) => {
    const amounts = numbersOf(definition, counted, now);
    return nothing(amounts, () => Math.max(...amounts.map(Number)) / 1e6);
  },
  last:
    ({ field }) =>
    (counted) => ({ value: counted.length === 0 ? null : fieldOf(counted.at(-1)!, field) }),
  first:
    ({ field }) =>
    (counted) => ({ value: counted.length === 0 ? null : fieldOf(counted[0]!, field) }),
  sinceLast: () => (counted, now) => ({ value: counted.length === 0 ? null : (now - counted.at(-1)!.time) / 1000 }),
  distinct: (definition) => (counted, now) => {
    const panes = [...panesOf(counted, now, sizeOf(definition)).values()].map(
      (events) => new Set(events.map((each) => String(fieldOf(each, definition.of)))),
    );
    const all = new Set(panes.flatMap((values) => [...values]));
    if (panes.every(({ size }) => size <= 256)) return { value: all.size };
    return { value: cardinality(all), approximate: true };
  },
  sequence:
    ({ length }) =>
    (counted) => ({
      value: counted
        .slice(-length)
        .map(({ event, time }) => ({ itemId: event.itemId, type: event.type, time: iso(time) })),
    }),
  interest: (definition) => (counted, now) => ({ value: interests(definition, counted, now) }),
};

const day = 86_400_000;

function interests({ of, halfLife, top }: Definition<'interest'>, counted: readonly Judged[], now: number): unknown[] {
  const halfLifeMs = durationMs(halfLife);
  const scores = new Map<string, number>();
  const days = panesOf(counted, now, { pane: day, panes: Math.ceil((10 * halfLifeMs) / day) });
  for (const [index, events] of [...days].toSorted(([a], [b]) => a - b)) {
    const factor = 0.5 ** (Math.max(0, now - (index + 1) * day) / halfLifeMs);
    for (const [value, own] of keptValues(Map.groupBy(events, (each) => String(fieldOf(each, of)))))
      scores.set(
        value,
        (scores.get(value) ?? 0) + own.reduce((sum, { event }) => sum + weights[event.type]!, 0) * factor,
      );
  }
  return [...scores]
    .map(([value, score]) => ({ value, score: Math.round(score * 1e6) / 1e6 }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || compareUtf8(a.value, b.value))
    .slice(0, top);
}

/** Of the chaos pipeline's events. */
const weights: Readonly<Record<string, number>> = { view: 1, cart: 2.5, purchase: 5, search: 0, identify: 0, alias: 0 };

/** Per day the 256 values of smallest hash. */
function keptValues(byValue: Map<string, Judged[]>): [string, Judged[]][] {
  const byHash = (a: string, b: string) => (hashText(a) < hashText(b) ? -1 : 1);
  return [...byValue].toSorted(([a], [b]) => byHash(a, b)).slice(0, 256);
}

/** Identify and alias say who somebody is: only features that name them count them. Ratios are the caller's. */
export function countedBy(definition: FeatureDefinition, events: readonly Judged[]): Judged[] {
  const parameters = Object.entries(definition).find(([key, value]) => key !== 'name' && value !== undefined)![1];
  const { events: named, field, of } = parameters as { events?: string[]; field?: string; of?: string };
  const needed = definition.sequence ? 'itemId' : (field ?? of);
  return events
    .filter(({ event }) => named?.includes(event.type) ?? (event.type !== 'identify' && event.type !== 'alias'))
    .filter((each) => needed === undefined || fieldOf(each, needed) !== undefined)
    .toSorted(compareEvents);
}

/** `counted` as countedBy gives it. */
export function valueOf(definition: FeatureDefinition, counted: readonly Judged[], now: number): Said {
  for (const [name, create] of Object.entries(kinds)) {
    const parameters = definition[name as keyof typeof kinds];
    if (parameters !== undefined) return (create as (definition: unknown) => Kind)(parameters)(counted, now);
  }
  throw new Error(`${definition.name} has no kind that the oracle knows`);
}
