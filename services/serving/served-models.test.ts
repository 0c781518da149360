import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sealModel, type SmallModel, trustedKeys } from '../../test/serving/sealed-model.ts';
import { LikenessError } from '../shared/errors.ts';
import { type LoadedModel, openArtifact } from '../shared/learning/artifact.ts';
import { generateSigningKey } from '../shared/learning/signing.ts';
import { type ActiveMessage, activeKey } from '../shared/model-stream.ts';
import { createServingMetrics } from './metrics.ts';
import { isOnTrial } from '../shared/trial.ts';
import { createServedModels, type ServedModels } from './served-models.ts';

const logger = pino({ level: 'silent' });
const running: ServedModels[] = [];
afterEach(() => Promise.all(running.splice(0).map((models) => models.close())));

/** A fault that no check of the files can see. */
function scoringNaN(loaded: LoadedModel): LoadedModel {
  const { kind, items } = loaded.recommender;
  return { ...loaded, recommender: { kind, items, score: (_, out) => (out.fill(NaN), true), similar: () => [] } };
}

function setUp(retryMs = 5) {
  const stored = new Map<string, Map<string, Uint8Array>>();
  const registry = new Registry();
  const fetch = vi.fn(async (digest: string) => {
    const files = stored.get(digest);
    if (!files) throw new LikenessError('NotFound', 'no such artifact');
    return files;
  });
  const open = (files: ReadonlyMap<string, Uint8Array>, digest: string) => {
    const loaded = openArtifact(files, trustedKeys, digest);
    return loaded.manifest.runId === 'scores NaN' ? scoringNaN(loaded) : loaded;
  };
  const metrics = createServingMetrics(registry);
  const models = createServedModels({ names: ['next-item'], fetch, open, metrics, logger, retryMs });
  running.push(models);
  const store = (model: Partial<SmallModel> = {}) => {
    const sealed = sealModel({ items: ['mug', 'lamp'], ...model });
    stored.set(sealed.digest, new Map(sealed.files));
    return sealed;
  };
  const activate = ({ digest, manifest }: ReturnType<typeof sealModel>, generation: number, more = {}) => {
    const { model, version } = manifest;
    const message: ActiveMessage = {
      kind: 'active',
      model,
      version,
      digest,
      generation,
      canaryPercent: 100,
      activatedAt: '2026-01-01T00:00:00.000Z',
      ...more,
    };
    models.apply({ key: activeKey(model), value: Buffer.from(JSON.stringify(message)) });
  };
  const loads = async (result: string) => {
    const { values } = await metrics.modelLoads.get();
    return values.find(({ labels }) => labels['result'] === result)?.value ?? 0;
  };
  const generation = () => models.get('next-item')?.generation;
  return { stored, models, store, activate, loads, generation, fetch, metrics };
}

const answers = (models: ServedModels, profile: string) => models.get('next-item', profile)?.loaded.digest;

describe('the models served', () => {
  it('loads what is made active, and says so', async () => {
    const { models, store, activate, generation, metrics } = setUp();
    expect(models.get('next-item')).toBeUndefined();
    const sealed = store({ trainedAt: '2026-02-03T00:00:00.000Z' });
    activate(sealed, 3);
    expect(models.isStarting()).toBe(true);
    await vi.waitFor(() => expect(generation()).toBe(3));
    expect(models.isStarting()).toBe(false);
    expect(models.get('next-item')!.loaded.manifest.version).toBe(sealed.manifest.version);
    expect((await metrics.modelGeneration.get()).values[0]).toMatchObject({ value: 3, labels: { model: 'next-item' } });
    expect((await metrics.modelTrained.get()).values[0]!.value).toBe(Date.parse('2026-02-03T00:00:00Z') / 1000);
  });

  it('ignores a generation that is not higher', async () => {
    const { store, activate, generation, models, fetch } = setUp();
    const good = store({ runId: 'a' });
    activate(good, 5);
    await vi.waitFor(() => expect(generation()).toBe(5));
    activate(store({ runId: 'b' }), 5);
    activate(store({ runId: 'c' }), 4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(models.get('next-item')!.loaded.digest).toBe(good.digest);
  });

  it('goes back to the previous model without loading it', async () => {
    const { store, activate, generation, fetch, loads, models } = setUp();
    const [a, b] = [store({ runId: 'a' }), store({ runId: 'b' })];
    activate(a, 1);
    await vi.waitFor(() => expect(generation()).toBe(1));
    activate(b, 2);
    await vi.waitFor(() => expect(generation()).toBe(2));
    activate(a, 3);
    await vi.waitFor(() => expect(generation()).toBe(3));
    activate(b, 4);
    await vi.waitFor(() => expect(generation()).toBe(4));
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(await loads('reused')).toBe(2);
    expect(models.get('next-item')!.loaded.digest).toBe(b.digest);
  });

  it('skips to the newest when several arrive during a load', async () => {
    const { store, activate, generation, fetch } = setUp();
    const all = Array.from({ length: 20 }, (_, k) => store({ runId: `run-${k}` }));
    for (const [k, sealed] of all.entries()) activate(sealed, k + 1);
    await vi.waitFor(() => expect(generation()).toBe(20));
    expect(fetch.mock.calls.length).toBeLessThan(20);
  });

  describe('on trial', () => {
    const profiles = Array.from({ length: 200 }, (_, index) => `u${index}`);

    async function onTrial(percent = 30) {
      const set = setUp();
      const [stable, fresh] = [set.store({ runId: 'stable' }), set.store({ runId: 'fresh' })];
      const beside = { stable: { version: stable.manifest.version, digest: stable.digest } };
      const answering = (profile: string | null) => set.models.get('next-item', profile)!.loaded.digest;
      const share = () => profiles.filter((profile) => answering(profile) === fresh.digest).length / profiles.length;
      set.activate(stable, 1);
      await vi.waitFor(() => expect(set.generation()).toBe(1));
      set.activate(fresh, 2, { canaryPercent: percent, ...beside });
      await vi.waitFor(() => expect(share()).toBeGreaterThan(0));
      return { ...set, stable, fresh, beside, answering, share };
    }

    it('answers its share of the profiles, always the same ones, and nobody without a name', async () => {
      const { share, answering, stable, fresh, fetch } = await onTrial();
      expect(share()).toBeGreaterThan(0.2);
      expect(share()).toBeLessThan(0.4);
      // The watch over quality asks both models about the same profiles.
      expect(profiles.map((profile) => answering(profile) === fresh.digest)).toEqual(
        profiles.map((profile) => isOnTrial(profile, fresh.digest, 30)),
      );
      expect(answering(null)).toBe(stable.digest);
      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('answers all once the trial is over, or none, without loading anything', async () => {
      const { share, activate, fresh, stable, beside, fetch, generation } = await onTrial();
      activate(fresh, 3, beside);
      await vi.waitFor(() => expect(share()).toBe(1));
      activate(fresh, 4, { canaryPercent: 30, ...beside });
      await vi.waitFor(() => expect(share()).toBeLessThan(0.5));
      activate(stable, 5);
      await vi.waitFor(() => expect(generation()).toBe(5));
      expect(share()).toBe(0);
      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('lets the one on trial answer all in a process that starts meanwhile, until the stable one is there', async () => {
      const { stored, store, activate, models } = setUp();
      const [stable, fresh] = [store({ runId: 'stable' }), store({ runId: 'fresh' })];
      const files = stored.get(stable.digest)!;
      stored.delete(stable.digest);
      const beside = { stable: { version: stable.manifest.version, digest: stable.digest } };
      activate(fresh, 7, { canaryPercent: 50, ...beside });
      await vi.waitFor(() => expect(models.get('next-item', null)?.loaded.digest).toBe(fresh.digest));
      expect(models.get('next-item', null)?.arm).toBeUndefined();
      stored.set(stable.digest, files);
      await vi.waitFor(() => expect(models.get('next-item', null)?.loaded.digest).toBe(stable.digest));
      const digests = new Set(profiles.map((profile) => models.get('next-item', profile)!.loaded.digest));
      expect(digests).toEqual(new Set([stable.digest, fresh.digest]));
    });

    it('lets the stable one answer all where the one on trial is bad, or away, and nobody answers yet', async () => {
      for (const spoil of ['bad', 'away']) {
        const { stored, store, activate, models, generation } = setUp();
        const [stable, fresh] = [store({ runId: 'stable' }), store({ runId: 'fresh' })];
        const files = stored.get(fresh.digest)!;
        stored.set(fresh.digest, new Map([...files].filter(([name]) => name !== 'manifest.sig')));
        if (spoil === 'away') stored.delete(fresh.digest);
        const beside = { stable: { version: stable.manifest.version, digest: stable.digest } };
        activate(fresh, 7, { canaryPercent: 50, ...beside });
        await vi.waitFor(() => expect(models.get('next-item', 'u1')?.loaded.digest).toBe(stable.digest));
        expect(models.notes()).toEqual([expect.stringContaining(fresh.manifest.version)]);
        expect(models.get('next-item', null)?.arm).toBe('stable');
        if (spoil === 'bad') continue;
        stored.set(fresh.digest, files);
        await vi.waitFor(() => expect(models.get('next-item', null)?.arm).toBe('stable'));
        await vi.waitFor(() =>
          expect(profiles.some((profile) => answers(models, profile) === fresh.digest)).toBe(true),
        );
        expect(generation()).toBe(7);
      }
    });

    it('answers all where the stable one is bad', async () => {
      const { stored, store, activate, models } = setUp();
      const [stable, fresh] = [store({ runId: 'stable' }), store({ runId: 'fresh' })];
      stored.get(stable.digest)!.delete('manifest.sig');
      const beside = { stable: { version: stable.manifest.version, digest: stable.digest } };
      activate(fresh, 7, { canaryPercent: 50, ...beside });
      await vi.waitFor(() => expect(models.get('next-item', null)?.loaded.digest).toBe(fresh.digest));
    });
  });

  const bad: Record<string, (set: ReturnType<typeof setUp>) => ReturnType<typeof sealModel>> = {
    'an unsigned one': ({ store, stored }) => {
      const sealed = store({ runId: 'bad' });
      stored.get(sealed.digest)!.delete('manifest.sig');
      return sealed;
    },
    'one of another key': ({ store }) => store({ runId: 'bad', privatePem: generateSigningKey().privatePem }),
    'a corrupt one': ({ store, stored }) => {
      const sealed = store({ runId: 'bad', rules: [['mug', 'lamp', 0.5]] });
      const bytes = Buffer.from(stored.get(sealed.digest)!.get('sr.matrix')!);
      bytes[bytes.length - 1]! ^= 1;
      stored.get(sealed.digest)!.set('sr.matrix', bytes);
      return sealed;
    },
    'one that scores infinity': ({ store }) => store({ runId: 'bad', rules: [['mug', 'lamp', Infinity]] }),
    'one that scores what is no number': ({ store }) => store({ runId: 'scores NaN' }),
    'one that is not what the message says': ({ store }) => {
      const sealed = store({ runId: 'bad' });
      return { ...sealed, manifest: { ...sealed.manifest, version: 'another' } };
    },
  };
  it.each(Object.keys(bad))('keeps the model against %s', async (name) => {
    const set = setUp();
    set.activate(set.store(), 1);
    await vi.waitFor(() => expect(set.generation()).toBe(1));
    set.activate(bad[name]!(set), 2);
    await vi.waitFor(async () => expect(await set.loads('refused')).toBe(1));
    expect(set.generation()).toBe(1);
    expect(set.models.notes()).toEqual([expect.stringContaining('generation 2')]);
    expect(set.models.isStarting()).toBe(false);

    set.activate(set.store({ runId: 'good' }), 3);
    await vi.waitFor(() => expect(set.generation()).toBe(3));
    expect(set.models.notes()).toEqual([]);
  });

  it('asks again for an artifact that is not there yet', async () => {
    const { stored, store, activate, generation, models, loads } = setUp();
    const sealed = store();
    const files = stored.get(sealed.digest)!;
    stored.delete(sealed.digest);
    activate(sealed, 1);
    await vi.waitFor(async () => expect(await loads('unavailable')).toBeGreaterThan(1));
    expect(models.notes()).toEqual([expect.stringContaining('is unavailable')]);
    // A process that answers nobody must not take the place of one that does.
    expect(models.isStarting()).toBe(true);
    stored.set(sealed.digest, files);
    await vi.waitFor(() => expect(generation()).toBe(1));
  });

  it('gives up an artifact that is not there for a newer one', async () => {
    const { stored, store, activate, generation } = setUp();
    const lost = store({ runId: 'lost' });
    stored.delete(lost.digest);
    activate(lost, 1);
    activate(store(), 2);
    await vi.waitFor(() => expect(generation()).toBe(2));
  });

  it('passes over other models, candidates, tombstones, and counts what it cannot read', async () => {
    const { models, store, activate, metrics, fetch } = setUp();
    activate(store({ name: 'other' }), 1);
    models.apply({ key: 'candidate/run-1', value: Buffer.from('{"kind":"candidate"}') });
    models.apply({ key: 'active/next-item', value: null });
    for (const text of ['not json', '{"kind":"active"}', 'null'])
      models.apply({ key: 'active/next-item', value: Buffer.from(text) });
    const strange = { kind: 'active', model: 'next-item', version: 'v', digest: 'd', generation: 1 };
    models.apply({ key: 'active/other', value: Buffer.from(JSON.stringify(strange)) });
    expect(fetch).not.toHaveBeenCalled();
    const { values } = await metrics.malformed.get();
    expect(values.find(({ labels }) => labels.stream === 'models')!.value).toBe(4);
  });

  it('stops waiting for a lost artifact when it is closed', async () => {
    const { stored, store, activate, models, loads } = setUp(60_000);
    const lost = store();
    stored.delete(lost.digest);
    activate(lost, 1);
    await vi.waitFor(async () => expect(await loads('unavailable')).toBe(1));
    await models.close();
  });
});
