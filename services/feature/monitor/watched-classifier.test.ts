/** A classifier is looked at live as its examples were: the same moments, the same values. */
import { expect, it } from 'vitest';
import { specSchema } from '../../../crds/pipeline.ts';
import { readyEvent, type ReadyEvent } from '../../shared/clean-line.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { CleanEvent } from '../../shared/event.ts';
import type { LoadedClassifier } from '../../shared/learning/artifact.ts';
import type { Classifier } from '../../shared/learning/classify/classifier.ts';
import { probabilityOf } from '../../shared/learning/classify/classifier.ts';
import { columnCount, fitEncoders } from '../../shared/learning/classify/encoding.ts';
import { fieldOf } from '../../shared/learning/classify/rows.ts';
import { featureValues } from '../../shared/learning/drift/watched-features.ts';
import type { Example } from '../../shared/learning/point-in-time/example.ts';
import { PointInTime } from '../../shared/learning/point-in-time/point-in-time.ts';
import { nextUpTo, startTwister } from '../../shared/learning/statistics/mersenne-twister.ts';
import { compileFeatures } from '../../shared/profile/compile.ts';
import { emptyProfile, updateProfile, type ProfileState } from '../../shared/profile/profile.ts';
import { watchClassifier } from './watched-classifier.ts';

const { features, events: types } = specSchema.parse({
  features: [
    { name: 'views', count: { events: ['view'], window: '1h' } },
    { name: 'lastView', sinceLast: { events: ['view'] } },
    { name: 'first', first: { field: 'time' } },
    { name: 'kind', last: { field: 'item.category' } },
    { name: 'tastes', interest: { of: 'item.category', halfLife: '24h', top: 3 } },
  ],
});
const compiled = compileFeatures(features, types);
const minute = 60_000;
const start = Date.parse('2026-01-01T00:00:00Z');

function eventAt(id: number, time: number, { type = 'view', profile = `u${id % 7}` } = {}): ReadyEvent {
  const [at, came] = [time, start + minute * id + 1000].map((each) => new Date(each).toISOString()) as [string, string];
  const item = { category: `c${id % 4}` };
  const clean: CleanEvent = {
    id: `e${id}`,
    type,
    profile,
    userId: profile,
    itemId: 'i',
    item,
    time: at,
    ingestedAt: came,
    receivedAt: came,
  };
  return readyEvent(clean) as ReadyEvent;
}

/** One a minute; each tenth comes late, each fifteenth links. */
const random = startTwister(3);
const events = Array.from({ length: 400 }, (_, id) => {
  const time = start + minute * (id - (id % 10 === 9 ? 30 : 0)) + nextUpTo(random, 900);
  return eventAt(id, time, { type: id % 15 === 14 ? 'identify' : ['view', 'purchase'][nextUpTo(random, 1)]! });
});

function examplesOf(): readonly Example[] {
  const label = { events: ['purchase'], withinMs: minute };
  const settings = { compiled, features: features.map(({ name }) => name), label, moment: 'after' as const };
  const replay = new PointInTime(
    { ...settings, dedupeWindowMs: 24 * 60 * minute, graceMs: 60 * minute, capacity: 1000, seed: 1 },
    [0],
  );
  for (const { clean } of events) replay.take(clean, 0);
  replay.take(eventAt(900, start + minute * 1000).clean, 0);
  replay.end(0);
  return replay.finish().examples;
}

const examples = examplesOf();
const encoders = fitEncoders(
  features.map((feature) => fieldOf(feature)!),
  examples,
);
const columns = encoders.reduce((sum, encoder) => sum + columnCount(encoder), 0);
const classifier: Classifier = {
  encoders,
  model: {
    kind: 'linear',
    linear: { intercept: 0.1, coefficients: Float64Array.from({ length: columns }, (_, at) => at / 9) },
  },
  calibration: { kind: 'platt', slope: -1, offset: 0 },
};
const loaded = { digest: 'd', manifest: { model: 'm', version: 'v' }, classifier } as LoadedClassifier;
const watched = watchClassifier({ loaded, generation: 1, compiled });

it('sees at each moment what the example of it has', () => {
  const profiles = new Map<string, ProfileState>();
  const seen = new Map<string, readonly unknown[]>();
  for (const event of events) {
    const { profile, time } = event.clean;
    expect(watched.look(event, emptyProfile(compiled))).toBeUndefined();
    const state = updateProfile(compiled, profiles.get(profile) ?? emptyProfile(compiled), event.clean, event.hash);
    profiles.set(profile, state);
    const look = watched.lookAfter!(event, state);
    if (look) seen.set(`${profile} ${Date.parse(time)}`, look.values);
  }
  const names = [...encoders.map(({ name }) => `profile.${name}`), 'prediction.probability'];
  const expected = examples.map((example): [string, unknown[]] => {
    const values = [...featureValues(encoders, example), probabilityOf(classifier, example)];
    return [`${example.profile} ${example.time}`, values.map((value, at) => [names[at], value])];
  });
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
  expect(expected.length).toBeGreaterThan(250);
  expect(expected[0]![1].map((pair) => typeof (pair as unknown[])[1])).toEqual([
    'number',
    'number',
    'number',
    'string',
    'string',
    'number',
  ]);
});

it('passes over profiles of other features, and what the model cannot take', () => {
  const [event] = events;
  const other = compileFeatures(features.slice(1), types);
  const of = (live: typeof compiled) => updateProfile(live, emptyProfile(live), event!.clean, event!.hash);
  expect(watched.lookAfter!(event!, of(compiled))).toBeDefined();
  expect(watched.lookAfter!(event!, of(other), other)).toBeUndefined();
  const wild = {
    ...classifier,
    model: { kind: 'linear', linear: { intercept: Infinity, coefficients: new Float64Array(columns) } },
  };
  const broken = {
    ...wild,
    encoders: encoders.map((each) => ('scale' in each ? { ...each, scale: { ...each.scale, deviation: 0 } } : each)),
  };
  const watch = watchClassifier({ loaded: { ...loaded, classifier: broken as Classifier }, generation: 1, compiled });
  expect(() => probabilityOf(broken as Classifier, examples[0]!)).toThrow(LikenessError);
  expect(watch.lookAfter!(event!, of(compiled))).toBeUndefined();
});
