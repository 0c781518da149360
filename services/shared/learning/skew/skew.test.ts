import { expect, test } from 'vitest';
import { featuresSchema } from '../../../../crds/features.ts';
import type { CleanEvent } from '../../event.ts';
import { attributesAt } from '../../profile/attributes.ts';
import { compileFeatures, type CompiledFeatures } from '../../profile/compile.ts';
import { ReplayedProfiles } from '../../profile/replayed-profiles.ts';
import { eventAt, hour, origin } from '../../profile/test-events.ts';
import { SkewSums } from './compare-vectors.ts';
import { Recompute } from './recompute.ts';
import { definitionOfValues, readServedVector, type ServedVector } from './served-vector.ts';

const definitions = featuresSchema.parse([
  { name: 'views', count: { events: ['view'], window: '6h', pane: '1h' } },
  { name: 'history', sequence: { events: ['view'], length: 3 } },
]);
const compiled = compileFeatures(definitions, []);
const definition = definitionOfValues(compiled, []);
const dedupeWindowMs = 24 * hour;

const view = (at: number, profile = 'ann'): CleanEvent =>
  eventAt(origin + at * hour, { id: `${profile}${at}`, itemId: `i${at}`, profile });

/** Offset by offset. */
const log: CleanEvent[] = [view(0), view(1), view(1), view(2, 'bob'), view(3), view(4)];

/** What serving would have noted when its partition stood at `offset`. */
function serve(offset: number, by: CompiledFeatures, profile = 'ann'): ServedVector {
  const profiles = new ReplayedProfiles(by, dedupeWindowMs);
  for (const event of log.slice(0, offset + 1)) profiles.apply(event);
  const at = origin + 5 * hour;
  const attributes = attributesAt(by, profiles.stateOf(profile)!, at);
  const values = { views: attributes['views']!.value, history: attributes['history']!.value };
  return { at, definition, read: [{ profile, partition: 0, offset }], profile, values };
}

function recompute(vectors: readonly ServedVector[], isHeld = true) {
  const replayed = new Recompute({ compiled, definition, dedupeWindowMs }, vectors);
  const [range] = replayed.ranges();
  log.slice(0, range!.to).forEach((event, offset) => replayed.take(event, 0, offset));
  replayed.end(0);
  return replayed.report(() => isHeld);
}

/** The same definitions under the same hash, and code that counts one more than it should. */
const broken: CompiledFeatures = {
  ...compiled,
  features: compiled.features.map((feature) =>
    feature.name !== 'views'
      ? feature
      : {
          ...feature,
          kind: { ...feature.kind, value: (...args) => (feature.kind.value(...args) as number) + 1 },
        },
  ),
};

test('what was served at any watermark is what a replay up to there gives', () => {
  const vectors = [serve(0, compiled), serve(2, compiled), serve(5, compiled), serve(4, compiled, 'bob')];
  expect(recompute(vectors)).toEqual({ vectors: 4, unchecked: 0, skew: 0, maxDifference: 0 });
});

test('a feature that serving computes otherwise is found and named', () => {
  expect(recompute([serve(2, compiled), serve(5, broken)])).toEqual({
    vectors: 2,
    unchecked: 0,
    skew: 0.25,
    maxDifference: 1,
    worst: 'views',
  });
});

test('a vector of another watermark than it says is skewed', () => {
  const served = serve(5, compiled);
  const said = { ...served, read: [{ profile: 'ann', partition: 0, offset: 1 }] };
  expect(recompute([said]).skew).toBe(1);
});

test('a state with events of after the moment that it says is skewed, and ends no training', () => {
  expect(recompute([{ ...serve(5, compiled), at: origin + 3 * hour }]).skew).toBe(1);
});

test('what cannot be computed again is counted and says nothing', () => {
  const other = { ...serve(5, broken), definition: 'another' };
  expect(recompute([other])).toEqual({ vectors: 0, unchecked: 1, skew: 0, maxDifference: 0 });
  expect(recompute([serve(5, broken)], false)).toMatchObject({ vectors: 0, unchecked: 1 });
});

test('a served vector is read from a line of predictions, and what is none is passed over', () => {
  const served = serve(5, compiled);
  expect(readServedVector(JSON.stringify({ requestId: 'r', served }))).toEqual(served);
  for (const line of ['{"requestId":"r"}', '{"served":{"at":1}}', 'broken "served":'])
    expect(readServedVector(line)).toBeUndefined();
});

test('numbers that differ within lists and texts that differ are told', () => {
  const sums = new SkewSums();
  sums.add({ list: [{ score: 1 }, { score: 2 }], text: 'a' }, { list: [{ score: 1 }, { score: 2.5 }], text: 'b' });
  expect(sums.report()).toMatchObject({ skew: 1, maxDifference: 0.5 });
});
