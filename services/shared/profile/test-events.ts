/** For tests: features of every kind, and events that lie where mistakes are likely. */
import fc from 'fast-check';
import { featuresSchema } from '../../../crds/features.ts';
import type { CleanEvent } from '../event.ts';
import { compileFeatures, type CompiledFeatures } from './compile.ts';
import type { ProfileState } from './profile.ts';
import { featureAt } from './segments.ts';

export const hour = 3_600_000;
export const day = 24 * hour;

const eventDefinition = (name: string, weight: string) => ({ name, weight, required: [] });

export const testEvents = [
  eventDefinition('view', '1'),
  eventDefinition('cart', '2.5'),
  eventDefinition('purchase', '5'),
  eventDefinition('noise', '0'),
];

/** Every kind, with and without windows, panes that are and are not a day, and every sort of field. */
export const testDefinitions = featuresSchema.parse([
  { name: 'views', count: { events: ['view'], window: '6h', pane: '1h' } },
  { name: 'all', count: {} },
  { name: 'onePane', count: { window: '24h', pane: '24h' } },
  { name: 'links', count: { events: ['identify', 'alias'] } },
  { name: 'spend', sum: { events: ['purchase', 'cart'], field: 'value', window: '3h', pane: '1h' } },
  { name: 'spendEver', sum: { field: 'value' } },
  { name: 'average', mean: { field: 'value', window: '24h' } },
  { name: 'least', min: { field: 'properties.n', window: '6h', pane: '1h' } },
  { name: 'most', max: { field: 'value' } },
  { name: 'lastValue', last: { field: 'value' } },
  { name: 'lastMixed', last: { events: ['view'], field: 'properties.mixed' } },
  { name: 'lastSeen', last: { field: 'time' } },
  { name: 'firstSeen', first: { field: 'time' } },
  { name: 'firstItem', first: { field: 'itemId' } },
  { name: 'sincePurchase', sinceLast: { events: ['purchase'] } },
  { name: 'brands', distinct: { of: 'item.brand', window: '6h', pane: '1h' } },
  { name: 'brandsEver', distinct: { of: 'item.brand' } },
  { name: 'history', sequence: { events: ['view', 'purchase'], length: 5 } },
  { name: 'interests', interest: { of: 'item.category', halfLife: '24h', top: 3 } },
  { name: 'briefly', interest: { events: ['view'], of: 'properties.mixed', halfLife: '25h' } },
  { name: 'conversion', ratio: { of: 'spend', to: 'views' } },
]);

export const compiledTest = compileFeatures(testDefinitions, testEvents);

const profile = 'u-1';
export const origin = Date.UTC(2024, 1, 29);

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 4, nil: null });

/** Equal times, borders of panes to the millisecond, a little and very far apart, before 1970. */
const times = fc.oneof(
  fc.constantFrom(origin, origin + hour, origin + hour - 1, origin + 6 * hour, origin + 6 * hour - 1, origin + day - 1),
  fc.integer({ min: -40, max: 40 }).map((hours) => origin + hours * hour),
  fc.integer({ min: -2 * day, max: 2 * day }).map((offset) => origin + offset),
  fc.constantFrom(
    0,
    -1,
    -day,
    -62_135_596_800_000,
    origin - 9 * day,
    origin - 10 * day,
    origin - 11 * day,
    253_402_300_799_999,
  ),
);

const words = fc.constantFrom('a', 'b', '7', '07', 'é', '\u{1f600}', '\uffee', 'constructor', '__proto__', ' ');

const numbers = fc.oneof(
  fc.integer({ min: -5_000, max: 50_000 }).map((cents) => cents / 100),
  fc.constantFrom(0, -0, 0.1, 0.2, 0.3, 1e9, -1e9, 1_000_000_001, 5e-7, -5e-7, 999_999_999.999_999),
);

const mixed = fc.oneof(words, numbers, fc.boolean(), fc.constantFrom(null, ['a'], { a: 1 }));

/** Of a link, if the event makes one: this profile is the target, the source, both or neither. */
const ends = fc.constantFrom(profile, profile, 'é', '\u{1f600}', '\uffee');

const bodies = fc.record({
  type: fc.constantFrom('view', 'view', 'cart', 'purchase', 'purchase', 'noise', 'unheard', 'identify', 'alias'),
  at: times,
  itemId: maybe(words),
  value: maybe(numbers),
  item: maybe(fc.record({ category: maybe(words), brand: maybe(words) })),
  properties: fc.record({ n: numbers, mixed }, { requiredKeys: [] }),
  ends: fc.record({ userId: ends, anonymousId: maybe(ends), previousId: maybe(ends) }),
});

/** A set of events of one profile: ids differ, nothing else has to. */
export const eventSets = (maxLength: number): fc.Arbitrary<CleanEvent[]> =>
  fc.tuple(words, fc.array(bodies, { maxLength })).map(([prefix, each]) =>
    each.map(({ at, ends: ids, ...body }, index): CleanEvent => {
      const time = new Date(at).toISOString();
      return { ...body, ...ids, id: `${prefix}${index}`, time, ingestedAt: time, receivedAt: time, profile };
    }),
  );

/** An event for tests that write theirs by hand. */
export function eventAt(time: number, event: Partial<CleanEvent> = {}): CleanEvent {
  const text = new Date(time).toISOString();
  const base = { type: 'view', time: text, ingestedAt: text, receivedAt: text, userId: profile, profile };
  return { ...base, id: `e-${time}`, ...event };
}

/** All that a state says, however much of it had been read and whatever bytes it was kept in. */
export function contentOf(compiled: CompiledFeatures, state: ProfileState): Omit<ProfileState, 'segments'> {
  const { segments: _, ...rest } = state;
  return { ...rest, features: compiled.features.map((__, place) => featureAt(compiled, state, place)) };
}
