/**
 * Every attribute equals what the written rules say of the full, sorted set of events. The oracle here keeps all events,
 * knows nothing of panes as state, and adds in bigints: it shares no code with the kinds but the hash of an id.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FeatureDefinition } from '../../../crds/features.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { CleanEvent } from '../event.ts';
import { idHash64 } from '../id-hash.ts';
import { attributesAt, earliestAsOf } from './attributes.ts';
import { decodeProfile, encodeProfile } from './codec.ts';
import { emptyProfile, updateProfile, type ProfileState } from './profile.ts';
import {
  compiledTest as compiled,
  day,
  eventAt,
  eventSets,
  hour,
  origin,
  testDefinitions,
  testEvents,
} from './test-events.ts';

interface Parameters {
  readonly events?: readonly string[];
  readonly window?: string;
  readonly pane?: string;
  readonly field?: string;
  readonly of?: string;
  readonly to?: string;
  readonly length?: number;
  readonly halfLife?: string;
  readonly top?: number;
}

const hoursOf = (duration: string): number => Number(/^(\d+)h$/.exec(duration)![1]);
const time = (event: CleanEvent): number => Date.parse(event.time);
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The order of events, as one text that sorts bytewise. */
function orderKey(event: CleanEvent): string {
  const hash = idHash64(event.id).map((half) => half.toString(16).padStart(8, '0'));
  return `${String(time(event) + 1e14).padStart(16, '0')} ${hash.join('')}`;
}

const inOrder = (events: readonly CleanEvent[]): CleanEvent[] =>
  events.toSorted((a, b) => bytewise(orderKey(a), orderKey(b)));

function fieldOf(event: CleanEvent, path: string): unknown {
  if (path === 'time') return new Date(time(event)).toISOString();
  const [first, second] = path.split('.');
  const owner: unknown = second === undefined ? event : event[first as keyof CleanEvent];
  const name = second ?? first!;
  return Object(owner) === owner && Object.hasOwn(owner as object, name)
    ? (owner as Record<string, unknown>)[name]
    : undefined;
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && value >= -1e9 && value <= 1e9;

/** Millionths of what the number prints as, halves rounded up: no arithmetic on doubles at all. */
function millionths(value: number): bigint {
  const text = value.toFixed(12);
  const [whole, fraction] = text.replace('-', '').split('.') as [string, string];
  const exact = BigInt(whole + fraction) * (text.startsWith('-') ? -1n : 1n);
  const shifted = exact + 500_000n;
  return shifted >= 0n || shifted % 1_000_000n === 0n ? shifted / 1_000_000n : shifted / 1_000_000n - 1n;
}

/** Events whose pane a value at `now` uses. */
function inWindow(events: readonly CleanEvent[], { window, pane }: Parameters, now: number): CleanEvent[] {
  if (window === undefined) return [...events];
  const size = (pane === undefined ? hoursOf(window) / 30 : hoursOf(pane)) * hour;
  const paneStart = (at: number): number => at - (((at % size) + size) % size);
  const end = paneStart(now) + size;
  return events.filter((event) => time(event) >= end - hoursOf(window) * hour && time(event) < end);
}

type Rule = (counted: CleanEvent[], parameters: Parameters, now: number) => unknown;

const amounts = (counted: CleanEvent[], parameters: Parameters, now: number): bigint[] =>
  inWindow(counted, parameters, now).map((event) => millionths(fieldOf(event, parameters.field!) as number));
const total = (each: readonly bigint[]): bigint => each.reduce((a, b) => a + b, 0n);
const ascending = (each: readonly bigint[]): bigint[] => each.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const asNumber = (amount: bigint | undefined): number | null => (amount === undefined ? null : Number(amount) / 1e6);

const weights = new Map(testEvents.map(({ name, weight }) => [name, Number(weight)]));

function interests(counted: CleanEvent[], { of, halfLife, top }: Parameters, now: number): unknown {
  const days = Math.ceil((10 * hoursOf(halfLife!)) / 24);
  const scores = new Map<string, number>();
  for (const event of inWindow(counted, { window: `${days * 24}h`, pane: '24h' }, now)) {
    const dayEnd = (Math.floor(time(event) / day) + 1) * day;
    const halfLives = Math.max(0, now - dayEnd) / (hoursOf(halfLife!) * hour);
    const value = String(fieldOf(event, of!));
    scores.set(value, (scores.get(value) ?? 0) + (weights.get(event.type) ?? 1) * 2 ** -halfLives);
  }
  return [...scores]
    .map(([value, score]) => ({ value, score: Number(score.toFixed(6)) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || bytewise(a.value, b.value))
    .slice(0, top);
}

const rules: Record<string, Rule> = {
  count: (counted, parameters, now) => inWindow(counted, parameters, now).length,
  sum: (counted, parameters, now) => asNumber(total(amounts(counted, parameters, now))),
  mean(counted, parameters, now) {
    const each = amounts(counted, parameters, now);
    return each.length === 0 ? null : Number(total(each)) / (each.length * 1e6);
  },
  min: (counted, parameters, now) => asNumber(ascending(amounts(counted, parameters, now))[0]),
  max: (counted, parameters, now) => asNumber(ascending(amounts(counted, parameters, now)).at(-1)),
  last: (counted, { field }) => (counted.length === 0 ? null : fieldOf(counted.at(-1)!, field!)),
  first: (counted, { field }) => (counted.length === 0 ? null : fieldOf(counted[0]!, field!)),
  sinceLast: (counted, _, now) => (counted.length === 0 ? null : (now - time(counted.at(-1)!)) / 1000),
  distinct: (counted, parameters, now) =>
    new Set(inWindow(counted, parameters, now).map((event) => String(fieldOf(event, parameters.of!)))).size,
  sequence: (counted, { length }) =>
    counted.slice(-length!).map((event) => ({ itemId: event.itemId, type: event.type, time: event.time })),
  interest: interests,
};

/** Whether a kind counts an event that has its type. */
function hasField(kind: string, { field, of }: Parameters, event: CleanEvent): boolean {
  if (kind === 'sequence') return typeof event.itemId === 'string';
  if (['sum', 'mean', 'min', 'max'].includes(kind)) return isNumber(fieldOf(event, field!));
  const path = field ?? of;
  return path === undefined || isScalar(fieldOf(event, path));
}

/** The source's copy of an event that makes a link; the target's copy is the one that counts. */
function isSourceCopy({ type, profile, userId, anonymousId, previousId }: CleanEvent): boolean {
  const source = type === 'identify' ? anonymousId : type === 'alias' ? previousId : undefined;
  return profile === source && userId !== source;
}

function expected(definition: FeatureDefinition, events: readonly CleanEvent[], now: number) {
  const [kind, given] = Object.entries(definition).find(([key, value]) => key !== 'name' && value !== undefined)!;
  const parameters = given as Parameters;
  const counted = inOrder(events).filter(
    (event) =>
      !isSourceCopy(event) &&
      (parameters.events?.includes(event.type) ?? !['identify', 'alias'].includes(event.type)) &&
      hasField(kind, parameters, event),
  );
  const newest = counted.at(-1);
  return {
    value: rules[kind]!(counted, parameters, now),
    events: counted.length,
    newest: newest === undefined ? null : { time: newest.time, id: newest.id },
  };
}

const stateOf = (events: readonly CleanEvent[]): ProfileState =>
  events.reduce((state, event) => updateProfile(compiled, state, event), emptyProfile(compiled));

/** At the newest event, at borders of panes behind it, a little and long after. */
const offsets = fc.oneof(
  fc.constantFrom(0, 1, hour - 1, hour, 2 * hour, 6 * hour, day - 1, day, 10 * day, 11 * day, 400 * day),
  fc.nat({ max: 3 * day }),
);

test('every attribute is what the rules say of the full set of events', () => {
  fc.assert(
    fc.property(eventSets(30), offsets, (events, offset) => {
      const state = stateOf(events);
      const now = (earliestAsOf(state) ?? origin) + offset;
      const attributes = attributesAt(compiled, decodeProfile(compiled, encodeProfile(compiled, state)), now);
      expect(JSON.stringify(attributes)).toBe(canonicalJson(attributes));
      for (const definition of testDefinitions.filter(({ ratio }) => ratio === undefined)) {
        const { value, provenance } = attributes[definition.name]!;
        const { definition: _, ...known } = provenance;
        // As canonical JSON, because that is what is compared in the end; it does not tell 0 from -0.
        expect([definition.name, canonicalJson({ value, ...known })]).toEqual([
          definition.name,
          canonicalJson(expected(definition, events, now)),
        ]);
      }
    }),
    { numRuns: 400 },
  );
});

test('a window takes in its oldest pane whole and nothing before it', () => {
  const views = (events: number[], now: number): unknown =>
    attributesAt(compiled, stateOf(events.map((at) => eventAt(at))), now)['views']!.value;
  const edge = origin + 6 * hour;
  expect(views([origin + hour, origin + hour - 1, origin], edge)).toBe(1);
  expect(views([origin + hour, origin + hour - 1, origin], edge - 1)).toBe(3);
  expect(views([origin, origin + 5 * hour], origin + 5 * hour)).toBe(2);
  expect(views([origin, origin + 6 * hour], origin + 6 * hour)).toBe(1);
});

test('sums are exact where doubles are not, and beyond what a double can hold', () => {
  const sum = (values: number[]): unknown =>
    attributesAt(compiled, stateOf(values.map((value, i) => eventAt(origin, { value, id: `${i}` }))), origin)[
      'spendEver'
    ]!.value;
  expect(sum([0.1, 0.2])).toBe(0.3);
  expect(sum([1e9, 0.01, -1e9])).toBe(0.01);
  expect(sum([...Array<number>(20).fill(1e9), ...Array<number>(20).fill(-1e9), 0.000001])).toBe(0.000001);
  expect(sum(Array<number>(20).fill(-1e9))).toBe(-2e10);
});

test('a ratio is null where there is nothing to divide by', () => {
  const conversion = (events: CleanEvent[]) => attributesAt(compiled, stateOf(events), origin)['conversion']!;
  const purchase = eventAt(origin, { type: 'purchase', value: 3 });
  expect(conversion([]).value).toBeNull();
  expect(conversion([purchase]).value).toBeNull();
  const both = conversion([purchase, eventAt(origin, { id: 'a' }), eventAt(origin - 1, { id: 'b' })]);
  expect(both.value).toBe(1.5);
  expect(both.provenance.events).toBe(3);
});
