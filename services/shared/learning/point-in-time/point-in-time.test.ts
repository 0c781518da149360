import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { featuresSchema } from '../../../../crds/features.ts';
import type { CleanEvent } from '../../event.ts';
import { attributesAt, earliestAsOf } from '../../profile/attributes.ts';
import { compileFeatures } from '../../profile/compile.ts';
import { emptyProfile, updateProfile, type ProfileState } from '../../profile/profile.ts';
import { resolveHeld, type ResolvedProfile } from '../../profile/resolve.ts';
import { eventAt, hour, origin } from '../../profile/test-events.ts';
import type { Example, Moment } from './example.ts';
import { PointInTime } from './point-in-time.ts';
import type { PointInTimeSettings } from './settings.ts';

const definitions = featuresSchema.parse([
  { name: 'views', count: { events: ['view'], window: '6h', pane: '1h' } },
  { name: 'spend', sum: { events: ['purchase'], field: 'value' } },
  { name: 'since', sinceLast: { events: ['view', 'purchase'] } },
  { name: 'history', sequence: { events: ['view', 'purchase'], length: 3 } },
]);
const compiled = compileFeatures(definitions, []);
const features = ['views', 'spend', 'since', 'history'];
const graceMs = 2 * hour;

const settingsOf = (moment: Moment, capacity = 1000): PointInTimeSettings => ({
  compiled,
  features,
  label: { events: ['purchase'], withinMs: 5 * hour },
  moment,
  dedupeWindowMs: 1e12,
  graceMs,
  capacity,
  seed: 7,
});

interface Logged {
  readonly event: CleanEvent;
  readonly partition: number;
}

/** Not in the order of time, with repeats, equal times and people who turn out to be one. */
const logs: fc.Arbitrary<Logged[]> = fc
  .array(
    fc.record({
      type: fc.constantFrom('view', 'view', 'view', 'purchase', 'identify', 'other'),
      hours: fc.integer({ min: 0, max: 30 }),
      id: fc.integer({ min: 0, max: 40 }),
      profile: fc.constantFrom('ann', 'bob', 'visitor'),
    }),
    { maxLength: 40 },
  )
  .map((drafts) => drafts.toSorted((a, b) => a.hours + (a.id % 4) - b.hours - (b.id % 4)))
  .map((drafts) =>
    drafts.flatMap(({ type, hours, id, profile }): Logged[] => {
      const partition = profile === 'bob' ? 1 : 0;
      const base = { type, id: `${type}${id}`, value: id, itemId: `i${id % 5}`, profile, userId: profile };
      if (type !== 'identify') return [{ event: eventAt(origin + hours * hour, base), partition }];
      const link = eventAt(origin + hours * hour, { ...base, userId: 'bob', anonymousId: 'visitor' });
      return [
        { event: { ...link, profile: 'bob' }, partition: 1 },
        { event: { ...link, profile: 'visitor' }, partition: 0 },
      ];
    }),
  );

function replay(log: readonly Logged[], settings: PointInTimeSettings) {
  const replayed = new PointInTime(settings, [0, 1]);
  for (const { event, partition } of log) replayed.take(event, partition);
  replayed.end(0);
  replayed.end(1);
  return replayed.finish();
}

const timeOf = ({ event }: Logged): number => Date.parse(event.time);

/** What was known after so many lines, from nothing. */
function knownAfter(log: readonly Logged[], lines: number) {
  const states = new Map<string, ProfileState>();
  const counted = new Set<string>();
  const kept: Logged[] = [];
  for (const line of log.slice(0, lines)) {
    const { event } = line;
    if (counted.has(`${event.profile} ${event.id}`)) continue;
    counted.add(`${event.profile} ${event.id}`);
    kept.push(line);
    states.set(event.profile, updateProfile(compiled, states.get(event.profile) ?? emptyProfile(compiled), event));
  }
  const resolve = (id: string) => resolveHeld(compiled, id, (member) => states.get(member));
  return { kept, resolve };
}

/** The first number of lines after which every partition has passed `time`; undefined: not before the log's end. */
function passedAfter(log: readonly Logged[], time: number): number | undefined {
  for (let lines = 1; lines <= log.length; lines++) {
    const newest = [0, 1].map((own) =>
      Math.max(
        ...log
          .slice(0, lines)
          .filter(({ partition }) => partition === own)
          .map(timeOf),
        -Infinity,
      ),
    );
    if (Math.min(...newest) - graceMs > time) return lines;
  }
  const all = Math.max(...log.map(timeOf));
  const last = Math.max(...log.filter(({ partition }) => partition === 1).map(timeOf), -Infinity);
  return all - graceMs > time || last - graceMs > time ? log.length : undefined;
}

/** None where there is no profile, or it holds what was later. */
function valuesBy({ root, state }: ResolvedProfile, time: number, moment: Moment) {
  const newest = (state && earliestAsOf(state)) ?? -Infinity;
  if (state === undefined || newest > time || (moment === 'before' && newest === time)) return { root };
  const attributes = attributesAt(compiled, state, time);
  return { root, values: Object.fromEntries(features.map((name) => [name, attributes[name]!.value])) };
}

function makesTrue(line: Logged, moment: number, { label, moment: which }: PointInTimeSettings): boolean {
  const time = timeOf(line);
  if (line.event.type !== 'purchase' || time > moment + label.withinMs) return false;
  return time > moment || (which === 'before' && time === moment);
}

/** Everything anew for each line: quadratic, and without any state of its own. */
function naive(all: readonly Logged[], settings: PointInTimeSettings): Example[] {
  const { moment, label } = settings;
  const log = knownAfter(all, all.length).kept;
  const rows = new Map<string, Example>();
  log.forEach((line, at) => {
    const { event } = line;
    const before = knownAfter(log, at);
    if (event.type === 'identify') return;
    const time = timeOf(line);
    const settled = passedAfter(log, time + label.withinMs);
    const key = `${time} ${event.profile}`;
    if (settled === undefined || settled <= at || (moment === 'before' && rows.has(key))) return;
    const known = moment === 'before' ? before : knownAfter(log, at + 1);
    const { root, values } = valuesBy(known.resolve(event.profile), time, moment);
    if (values === undefined) return;
    const then = knownAfter(log, settled);
    const { members } = then.resolve(event.profile);
    const came = then.kept.some((other) => members.includes(other.event.profile) && makesTrue(other, time, settings));
    rows.set(key, { profile: rows.get(key)?.profile ?? root, time, values, label: came });
  });
  return [...rows.values()].toSorted((a, b) => a.time - b.time || (a.profile < b.profile ? -1 : 1));
}

const moments: Moment[] = ['before', 'after'];

describe.each(moments)('examples of the moment %s an event', (moment) => {
  test('are those of a naive replay that computes everything anew for each line', () => {
    fc.assert(
      fc.property(logs, (log) => {
        const sorted = (rows: readonly Example[]) => rows.map((row) => JSON.stringify(row)).toSorted();
        expect(sorted(replay(log, settingsOf(moment)).examples)).toEqual(sorted(naive(log, settingsOf(moment))));
      }),
      { numRuns: 60 },
    );
  });

  test('do not change by what the log brings later', () => {
    fc.assert(
      fc.property(logs, fc.nat(40), (log, cut) => {
        const settled = new PointInTime(settingsOf(moment), [0, 1]);
        for (const { event, partition } of log.slice(0, cut)) settled.take(event, partition);
        const early = settled.finish().examples.map((row) => JSON.stringify(row));
        const all = replay(log, settingsOf(moment)).examples.map((row) => JSON.stringify(row));
        expect(all).toEqual(expect.arrayContaining(early));
      }),
      { numRuns: 60 },
    );
  });

  test('are a drawn few of all of them where there is no room for more', () => {
    fc.assert(
      fc.property(logs, (log) => {
        const few = replay(log, settingsOf(moment, 3)).examples;
        const all = replay(log, settingsOf(moment)).examples.map((row) => JSON.stringify(row));
        expect(few.length).toBeLessThanOrEqual(3);
        expect(all).toEqual(expect.arrayContaining(few.map((row) => JSON.stringify(row))));
      }),
      { numRuns: 30 },
    );
  });
});

const at = (hours: number, type: string): Logged => ({
  event: eventAt(origin + hours * hour, { id: `${type}${hours}`, type, value: 1, profile: 'ann' }),
  partition: 0,
});

describe('a label', () => {
  test('counts only once its horizon has passed, and is not known before', () => {
    const log = [at(0, 'view'), at(1, 'view'), at(6, 'purchase'), at(9, 'view')];
    const { examples, settled, unsettled } = replay(log, settingsOf('after'));
    // Horizon 5 h and grace 2 h: at 9 o'clock what was up to 1 o'clock is certain, 2 o'clock itself is not over.
    expect(examples.map(({ time, label }) => [(time - origin) / hour, label])).toEqual([
      [0, false],
      [1, true],
    ]);
    expect({ settled, unsettled }).toEqual({ settled: 2, unsettled: 2 });
  });

  test('includes the moment itself only where the features do not know of it', () => {
    const log = [at(0, 'view'), at(1, 'purchase'), at(20, 'view')];
    const labels = (moment: Moment) => replay(log, settingsOf(moment)).examples.map(({ label }) => label);
    expect(labels('before')).toEqual([true]);
    expect(labels('after')).toEqual([true, false]);
  });

  test('is that of the person, by the links known when the horizon passes', () => {
    const visitor = { event: { ...at(0, 'view').event, profile: 'visitor' }, partition: 0 };
    const purchase = { event: { ...at(1, 'purchase').event, profile: 'bob' }, partition: 1 };
    const link = eventAt(origin + 2 * hour, { id: 'l', type: 'identify', userId: 'bob', anonymousId: 'visitor' });
    const linked = [
      { event: { ...link, profile: 'visitor' }, partition: 0 },
      { event: { ...link, profile: 'bob' }, partition: 1 },
    ];
    const later = [
      at(20, 'view'),
      { ...purchase, event: eventAt(origin + 20 * hour, { profile: 'bob' }), partition: 1 },
    ];
    const labelsOf = (log: readonly Logged[]) => replay(log, settingsOf('after')).examples.map(({ label }) => label);
    expect(labelsOf([visitor, purchase, ...linked, ...later])[0]).toBe(true);
    expect(labelsOf([visitor, purchase, ...later])[0]).toBe(false);
  });
});

test('a partition that has run ahead does not settle the labels of the others', () => {
  const replayed = new PointInTime(settingsOf('after'), [0, 1]);
  replayed.take(at(0, 'view').event, 0);
  replayed.take({ ...at(400, 'view').event, profile: 'bob' }, 1);
  expect(replayed.next).toBe(0);
  replayed.take(at(4, 'purchase').event, 0);
  replayed.end(0);
  expect(replayed.finish().examples.map(({ label }) => label)).toEqual([true, false]);
});

test('an event that is dated after it came in does not end the time of all others', () => {
  const log = [at(0, 'view'), at(1, 'view'), at(6, 'purchase'), at(9, 'view'), at(20, 'view')].map(
    ({ event }) => event,
  );
  const ahead = eventAt(origin + 5 * hour, { id: 'ahead', profile: 'bob', time: '2099-01-01T00:00:00.000Z' });
  const replayOne = (events: readonly CleanEvent[]) => {
    const replayed = new PointInTime(settingsOf('after'), [0]);
    for (const event of events) replayed.take(event, 0);
    replayed.end(0);
    return replayed.finish().examples;
  };
  const plain = replayOne(log);
  expect(plain).toHaveLength(4);
  expect(replayOne([...log.slice(0, 2), ahead, ...log.slice(2)])).toEqual(plain);
});
