/** Probabilities over HTTP: logged and counted as recommendations are, while a model is on trial by arm. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sealClassifier } from '../../test/serving/sealed-classifier.ts';
import { startWorld, type World } from '../../test/serving/world.ts';
import type { Propensity } from './predictions.ts';

const people = Array.from({ length: 30 }, (_, at) => `u-${at}`);
const stable = sealClassifier();
/** A profile with more than a few purchases is too much for it. */
const canary = sealClassifier({}, { deviation: 1.5e-308 });

let world: World;
beforeEach(async () => {
  world = await startWorld({ sample: '1' });
  for (const id of people) await world.putProfile(id, [{ type: 'purchase', itemId: 'mug' }]);
  await world.activateClassifier(stable);
  await vi.waitFor(async () => expect((await ask('u-0')).status).toBe(200));
});
afterEach(() => world.stop());

const ask = (id: string, query = '') => world.get(`/v1/profiles/${id}/propensities${query}`);
const versionOf = async (id: string): Promise<string> => {
  const answer = (await (await ask(id)).json()) as { propensities: { model: { version: string } }[] };
  return answer.propensities[0]!.model.version;
};
const onTrial = async (): Promise<void> => {
  const { digest, manifest } = stable;
  await world.activateClassifier(canary, 2, { canaryPercent: 50, stable: { version: manifest.version, digest } });
  await vi.waitFor(async () =>
    expect(new Set(await Promise.all(people.map(versionOf)))).toEqual(
      new Set([manifest.version, canary.manifest.version]),
    ),
  );
};
async function counted(name: string, labels: Record<string, string> = {}): Promise<number> {
  const lines = (await (await world.get('/metrics')).text()).split('\n').filter((line) => line.startsWith(`${name}{`));
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const own = lines.filter((line) => wanted.every((label) => line.includes(label)));
  return own.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

it('tell the stream predictions what was said to whom, by which model, from what', async () => {
  const before = await counted('likeness_propensities_total', { model: 'buys-soon' });
  const asOf = '2026-03-01T00:00:00.000Z';
  expect((await ask('u-3')).status).toBe(200);
  expect((await ask('u-3', `?asOf=${asOf}`)).status).toBe(200);
  await vi.waitFor(async () => {
    const said = (await world.predictions()).filter(({ profile }) => profile === 'u-3') as Propensity[];
    expect(said.toSorted((a, b) => Number('asOf' in a) - Number('asOf' in b))).toEqual([
      {
        requestId: expect.stringMatching(/./),
        profile: 'u-3',
        time: new Date(world.clock.time).toISOString(),
        model: { name: 'buys-soon', version: stable.manifest.version, generation: 1 },
        probability: 0.5,
        served: expect.objectContaining({ profile: 'u-3', values: { purchases30d: 1, lastPurchase: 3600 } }),
      },
      expect.objectContaining({ profile: 'u-3', asOf, probability: expect.closeTo(1 / (1 + Math.E), 12) }),
    ]);
    // What was asked of another moment was not served from this state.
    expect(said.filter(({ asOf: moment }) => moment)[0]).not.toHaveProperty('served');
  });
  expect(await counted('likeness_propensities_total', { model: 'buys-soon' })).toBe(before + 2);
});

it('count answers and failures of both models while one is on trial, so that it can be taken back', async () => {
  await onTrial();
  const arms = { canary: canary.manifest.version, stable: stable.manifest.version };
  const counts = async (labels: object) =>
    counted('likeness_trial_answers_total', { model: 'buys-soon', generation: '2', ...labels });
  const before = { canary: await counts({ arm: 'canary' }), stable: await counts({ arm: 'stable' }) };
  const versions = await Promise.all(people.map(versionOf));
  for (const arm of ['canary', 'stable'] as const)
    expect(await counts({ arm })).toBe(before[arm] + versions.filter((version) => version === arms[arm]).length);
  expect(await counts({ result: 'failed' })).toBe(0);

  const bought = Array.from({ length: 10 }, () => ({ type: 'purchase', itemId: 'mug' }));
  for (const id of people) await world.putProfile(id, bought);
  const statuses = await Promise.all(people.map(async (id) => (await ask(id)).status));
  expect(statuses).toEqual(versions.map((version) => (version === arms.canary ? 500 : 200)));
  expect(await counts({ arm: 'canary', result: 'failed' })).toBe(statuses.filter((status) => status === 500).length);
  expect(await counts({ arm: 'stable', result: 'failed' })).toBe(0);
});
