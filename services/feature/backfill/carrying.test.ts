/** What is computed anew, and what is taken over, where the definitions of features change. */
import { describe, expect, it } from 'vitest';
import type { FeatureDefinition } from '../../../crds/features.ts';
import { featureSlice } from '../../../crds/slices.ts';
import { cleanEvent, spec, start0 } from '../../../test/feature/world.ts';
import { encodeProfile } from '../../shared/profile/codec.ts';
import { compileFeatures, type LinkEvent } from '../../shared/profile/compile.ts';
import { emptyProfile, updateProfile, type ProfileState } from '../../shared/profile/profile.ts';
import { carry, carryingOf } from './carrying.ts';

const featuresOf = (features: unknown[]): FeatureDefinition[] =>
  featureSlice.parse({ events: spec.events, features }).features;
const compile = (features: readonly FeatureDefinition[], mergeOn?: readonly LinkEvent[]) =>
  compileFeatures(features, spec.events, { ...(mergeOn && { mergeOn }) });

const live = compile(spec.features);
const longer = featuresOf([
  { name: 'last', last: { field: 'itemId' } },
  { name: 'views', count: { events: ['view'], window: '24h', pane: '1h' } },
  { name: 'spend', sum: { events: ['purchase'], field: 'value' } },
  { name: 'history', sequence: { length: 40 } },
]);
const events = Array.from({ length: 30 }, (_, n) => cleanEvent(n, { profile: 'u-1' }));
const replay = (compiled: typeof live): ProfileState =>
  events.reduce((state, event) => updateProfile(compiled, state, event), emptyProfile(compiled));

describe('features that changed', () => {
  it('are those that are new, or mean something else', () => {
    const carrying = carryingOf(live, compile(longer));
    expect(carrying.changed).toEqual(['history', 'last']);
    expect(carryingOf(live, compile(spec.features.slice(1))).changed).toEqual([]);
  });

  it('are all of them, where other events make links', () => {
    const carrying = carryingOf(live, compile(spec.features, ['identify']));
    expect([carrying.changed, carrying.links]).toEqual([['history', 'spend', 'views'], false]);
  });
});

it('computed anew and the others taken over make the same profile as all computed anew', () => {
  const wanted = compile(longer);
  const carrying = carryingOf(live, wanted);
  const linked: ProfileState = replay(live);
  linked.link = { id: 'u-2', time: start0, hi: 1, lo: 2 };
  const state = replay(carrying.anew);
  carry(carrying, linked, state);
  const expected = replay(wanted);
  expected.link = linked.link;
  expect(encodeProfile(wanted, state)).toEqual(encodeProfile(wanted, expected));
});

it('takes over that there is nothing', () => {
  const wanted = compile(longer);
  const state = replay(wanted);
  carry(carryingOf(live, wanted), emptyProfile(live), state);
  expect(state.counted).toEqual([30, 30, 0, 0]);
  expect(() => encodeProfile(wanted, state)).not.toThrow();
});
