import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CleanEvent } from '../shared/event.ts';
import { openArtifact, openCleaning } from '../shared/learning/artifact.ts';
import type { CandidateMessage } from '../shared/model-stream.ts';
import { noReporter, type Progress } from '../shared/reporter.ts';
import { parseConfig } from './config.ts';
import { run } from './service.ts';
import { openWorld, purchaseAt, shopSpec, topics, trainerEnv, trusted, type World } from '../../test/trainer/world.ts';

const minute = 60_000;

function event(id: number, profile: string, itemId: string, more: Partial<CleanEvent> = {}): CleanEvent {
  return { ...purchaseAt(Date.UTC(2026, 0, 1) + id * minute, [`e${id}`, profile, itemId]), ...more };
}

/** Forty profiles that walk round a ring of ten items, each from a place of its own: the next item is certain. */
function ring(): CleanEvent[] {
  const events: CleanEvent[] = [];
  for (let step = 0; step < 6; step++)
    for (let user = 0; user < 40; user++)
      events.push(
        event(events.length, `u${user}`, `item-${(user + step) % 10}`, {
          item: { category: `c${(user + step) % 10}` },
        }),
      );
  return events;
}

describe('the trainer', () => {
  let world: World;

  beforeEach(async () => void (world = await openWorld()));
  afterEach(() => world.close());

  const write = (events: readonly (CleanEvent | string)[]) => world.write(events);

  const train = (changes: object = {}, runEnv: object = {}, reporter = noReporter) =>
    run(parseConfig({ ...trainerEnv(changes), ...runEnv }), { ...world, reporter });

  async function announced(): Promise<{ key: string | null; message: CandidateMessage }[]> {
    const found: { key: string | null; message: CandidateMessage }[] = [];
    for await (const records of world.broker.read({ topic: topics['models']!, partition: 0, from: 0, to: 100 }))
      for (const { key, value } of records)
        found.push({ key, message: JSON.parse(Buffer.from(value!).toString()) as CandidateMessage });
    return found;
  }

  async function loaded() {
    const { message } = (await announced()).at(-1)!;
    return openArtifact(await world.models.get(message.digest), trusted, message.digest);
  }

  it('replays the log, and announces a signed candidate that recommends what comes next', async () => {
    await write(ring());
    const [candidate] = await train();
    const [{ key, message }] = (await announced()) as [{ key: string; message: CandidateMessage }];
    expect(key).toBe('candidate/run-1');
    expect(message).toEqual(candidate);
    const { manifest, recommender, itemAttributes } = await loaded();
    expect(manifest).toMatchObject({
      kind: 'blend',
      model: 'next-item',
      runId: 'run-1',
      events: 240,
      profiles: 40,
      items: 10,
    });
    expect(manifest.report).toMatchObject({ refresh: 'read everything', linesRead: 240 });
    expect(manifest.report['trainSeconds']).toBeGreaterThanOrEqual(0);
    expect(manifest.offsets.map(({ partition, from }) => [partition, from])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(manifest.metrics['questions']).toBeGreaterThan(10);
    expect(manifest.metrics['recall@10']).toBeGreaterThan(0.9);
    const scores = new Float64Array(10);
    const at = recommender.items.indexOf('item-3');
    expect(recommender.score([{ itemId: 'item-3', type: 'purchase', time: 0 }], scores)).toBe(true);
    expect(recommender.items.ids[scores.indexOf(Math.max(...scores))]).toBe('item-4');
    expect(itemAttributes[at]).toEqual({ category: 'c3' });
  });

  it('learns the same from a log with repeats in any order, other types, and lines that are no events', async () => {
    await write(ring());
    await train();
    const plain = await loaded();
    const search = event(9000, 'u1', 'item-1', { type: 'search' });
    await write([...ring().toReversed(), search, '{"half":', '{}', 'null']);
    await train({}, { LIKENESS_RUN_ID: 'run-2' });
    const repeated = await loaded();
    expect(repeated.manifest.runId).toBe('run-2');
    expect(repeated.manifest.events).toBe(240);
    expect(repeated.manifest.files).toEqual(plain.manifest.files);
  });

  it('learns for the cleaner what the spec asks for, and puts it in the artifact of the first model', async () => {
    await write(ring().map((one, at) => ({ ...one, value: at % 5, quantity: 1 })));
    const cleaning = {
      impute: [{ name: 'price', field: 'value', with: 'Median', by: 'itemId' }],
      scale: [{ name: 'price', field: 'value', method: 'MinMax' }],
      outliers: [{ name: 'odd', fields: ['value'], method: 'MAD', action: 'Tag' }],
    };
    const second = { ...shopSpec.models[0]!, name: 'second' };
    const candidates = await train({ cleaning, models: [...shopSpec.models, second] });
    const opened = await Promise.all(
      candidates.map(async ({ digest }) => openCleaning(await world.models.get(digest), trusted, digest)),
    );
    expect(opened.map(({ manifest }) => manifest.model)).toEqual(['next-item', 'second']);
    expect(opened[1]!.cleaning).toBeUndefined();
    const [{ cleaning: learned, manifest }] = opened as [(typeof opened)[0]];
    expect(learned!.impute[0]).toMatchObject({ name: 'price', values: 240, overall: 2 });
    expect(learned!.scale[0]!.scale).toEqual({ method: 'MinMax', offset: 0, factor: 4 });
    expect(manifest.report).toMatchObject({
      'cleaning.impute.price.groups': 10,
      'cleaning.scale.price.factor': 4,
      'cleaning.outliers.odd.0.center': 2,
    });
    expect(manifest.files.map(({ name }) => name)).toContain('cleaning.json');
  });

  it('joins the history of a visitor with that of the user who turned out to be them', async () => {
    const visitor = ring().map((one, at) =>
      one.profile === 'u7' && at < 120 ? { ...one, userId: null, anonymousId: 'v7', profile: 'v7' } : one,
    );
    const link = { type: 'identify', userId: 'u7', anonymousId: 'v7', itemId: null } as const;
    await write([
      ...visitor,
      event(119, 'v7', '', { ...link, id: 'link' }),
      event(119, 'u7', '', { ...link, id: 'link' }),
    ]);
    await train();
    const joined = await loaded();
    expect(joined.manifest.profiles).toBe(40);
    await train({ identity: { mergeOn: [] } }, { LIKENESS_RUN_ID: 'run-2' });
    expect((await loaded()).manifest.profiles).toBe(41);
  });

  it('refuses too few events as bad data, and announces nothing', async () => {
    await write(ring().slice(0, 50));
    await expect(train()).rejects.toMatchObject({
      code: 'BadData',
      message: expect.stringContaining('50 events of 10 items'),
    });
    expect(await announced()).toEqual([]);
    expect(await world.models.list()).toEqual([]);
  });

  it('trains the models that can be trained, and says which could not', async () => {
    await write(ring());
    const views = { name: 'next-view', recommend: { history: 'views', target: ['view'] } };
    const features = [...shopSpec.features, { name: 'views', sequence: { events: ['view'], length: 20 } }];
    const both = { features, models: [views, ...shopSpec.models] };
    await expect(train(both)).rejects.toMatchObject({ code: 'BadData', message: expect.stringContaining('next-view') });
    expect((await announced()).map(({ key }) => key)).toEqual(['candidate/run-1.next-item']);
    const only = await train(both, { LIKENESS_MODEL: 'next-item', LIKENESS_RUN_ID: 'run-2' });
    expect(only.map(({ runId, model }) => [runId, model])).toEqual([['run-2', 'next-item']]);
  });

  it('says how far it is, from nothing to all', async () => {
    await write(ring());
    const said: Progress[] = [];
    const reporter = { report: (progress: Progress) => void said.push(progress), close: async () => undefined };
    await train({}, {}, reporter);
    const percentages = said.map(({ percentage }) => percentage);
    expect(percentages).toEqual([0, 16, 33, 50, 66, 83, 100]);
    expect(said.map(({ phase }) => phase).filter((phase) => !/ questions/.test(phase))).toEqual([
      'reading the log',
      '240 events read',
      'fitting to all events',
      'announcing next-item',
      'done',
    ]);
  });

  it('passes on what the log says when it cannot be read', async () => {
    await world.broker.deleteTopics([topics['events-clean']!]);
    await expect(train()).rejects.toMatchObject({ code: 'NotFound' });
  });
});

describe('parseConfig', () => {
  it('names every bad key at once', () => {
    const bad = { ...trainerEnv(), LIKENESS_RUN_ID: 'a/b', LIKENESS_SIGNING_KEY: '' };
    expect(() => parseConfig(bad)).toThrow(/LIKENESS_RUN_ID[\s\S]*LIKENESS_SIGNING_KEY/);
  });

  it('refuses a spec without models, an unknown model, and a history that is no sequence', () => {
    expect(() => parseConfig(trainerEnv({ models: [] }))).toThrow(/nothing to train/);
    expect(() => parseConfig({ ...trainerEnv(), LIKENESS_MODEL: 'other' })).toThrow(
      /no model "other"; it has: next-item/,
    );
    const features = [{ name: 'history', count: {} }];
    expect(() => parseConfig(trainerEnv({ features }))).toThrow(/"history" is no sequence feature/);
  });
});
