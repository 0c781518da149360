/** Serving reads the profiles that are there, whatever the spec has come to want. */
import { expect, it, onTestFinished } from 'vitest';
import { featureSlice } from '../../crds/slices.ts';
import { memoryStore } from '../../test/feature/memory.ts';
import { cleanEvent, expectedState, pipeline, spec } from '../../test/feature/world.ts';
import {
  believedMs,
  statesTag,
  writeActiveFeatures,
  type ActiveFeatures,
  type Slot,
} from '../shared/active-features.ts';
import { compileFeatures, type CompiledFeatures } from '../shared/profile/compile.ts';
import { followFeatures } from './followed-features.ts';
import { createProfileReader } from './profile-reader.ts';

const [views] = spec.features;
const changed = featureSlice.parse({
  ...spec,
  features: [
    views,
    { name: 'longer', sequence: { length: 40 } },
    { name: 'perView', ratio: { of: 'views', to: 'views' } },
  ],
});
const [old, wanted] = [spec, changed].map(({ features, events }) => compileFeatures(features, events));
const events = Array.from({ length: 9 }, (_, n) => cleanEvent(n, { profile: 'u-1' }));

function world(features = changed) {
  const store = memoryStore();
  const clock = { time: 0, now: () => clock.time };
  const own = compileFeatures(features.features, features.events);
  const followed = followFeatures({ store, pipeline, own, events: spec.events, clock, everyMs: 1e6 });
  onTestFinished(() => followed.close());
  const put = async (slot: Slot, compiled: CompiledFeatures): Promise<void> => {
    const write = { profileId: 'u-1', state: expectedState(events, compiled) };
    const mark = { offset: 1, timestamp: 1, definition: compiled.hash };
    await store.commit(statesTag(pipeline, 0, slot), undefined, mark, [write]);
  };
  const note = async (next: ActiveFeatures, before?: ActiveFeatures): Promise<ActiveFeatures> => {
    await writeActiveFeatures(store, pipeline, before, next);
    return next;
  };
  return { clock, put, note, reader: createProfileReader({ store, features: followed, pipeline, partitions: 1 }) };
}

const activeOf = ({ features }: typeof spec, compiled: CompiledFeatures, generation: number): ActiveFeatures => ({
  hash: compiled.hash,
  slot: generation === 1 ? 0 : 1,
  generation,
  since: 1,
  features,
  mergeOn: ['identify', 'alias'],
});

it('answers with the features that are there until others take over', async () => {
  const { clock, put, note, reader } = world();
  await put(0, old!);
  const first = await note(activeOf(spec, old!, 1));
  const read = async () => {
    const profile = (await reader.read('u-1'))!;
    const names = Object.keys(reader.attributesAt(profile, Date.parse('2024-03-01')));
    return { names, held: reader.historyOf(profile, 'longer').length };
  };
  expect(await read()).toEqual({ names: ['history', 'spend', 'views'], held: 0 });
  await put(1, wanted!);
  await note(activeOf(changed, wanted!, 2), first);
  expect((await read()).names).toEqual(['history', 'spend', 'views']);
  // What was known is not believed for ever, even if nobody has looked since.
  clock.time = believedMs;
  expect(await read()).toEqual({ names: ['longer', 'perView', 'views'], held: 9 });
});

it('takes the ratios of the spec, which no state depends on', async () => {
  const { put, note, reader } = world();
  await put(0, wanted!);
  await note(activeOf({ ...changed, features: changed.features.slice(0, 2) }, wanted!, 1));
  const profile = (await reader.readMarked('u-1'))!;
  expect(Object.keys(reader.attributesAt(profile, Date.parse('2024-03-01')))).toContain('perView');
});

it('refuses what this code would read otherwise', async () => {
  const { put, note, reader } = world();
  await put(0, old!);
  await note({ ...activeOf(spec, old!, 1), hash: 'of other code' });
  await expect(reader.readMany(['u-1'])).rejects.toMatchObject({ code: 'DefinitionChanged' });
});
