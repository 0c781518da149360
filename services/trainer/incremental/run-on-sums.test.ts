import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DirectoryRunParts } from '../../shared/adapters/directory-run-parts.ts';
import type { CleanEvent } from '../../shared/event.ts';
import { openArtifact } from '../../shared/learning/artifact.ts';
import { generateSigningKey } from '../../shared/learning/signing.ts';
import { parseConfig } from '../config.ts';
import { run } from '../service.ts';
import {
  openWorld,
  purchaseAt,
  shopSpec,
  signingKey,
  topics,
  trainerEnv,
  trusted,
  type World,
} from '../../../test/trainer/world.ts';
import { readSums } from './kept-sums.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);

const configOf = (mode: string, window: number) => {
  const [{ name, recommend }] = shopSpec.models as [(typeof shopSpec.models)[0]];
  const models = [{ name, recommend: { ...recommend, retrieval: { window } } }];
  return parseConfig(trainerEnv({ models, training: { minEvents: 100, refresh: { mode, refitAfter: '48h' } } }));
};

/** Forty profiles walk round a ring of ten items, for so many steps. */
const walk = (from: number, to: number): CleanEvent[] =>
  Array.from({ length: (to - from) * 40 }, (_, at) => {
    const step = from + Math.floor(at / 40);
    const user = at % 40;
    const item = `item-${(user + step + ((user * step) % 3)) % 10}`;
    return purchaseAt(start + (step * 40 + user) * 1000, [`u${user}-${step}`, `u${user}`, item]);
  });

let world: World;

beforeEach(async () => void (world = await openWorld()));
afterEach(() => world.close());

/** A record a step and partition, as time goes. */
async function write(from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) await world.write(walk(step, step + 1));
}

const partsOf = (model: string) =>
  new DirectoryRunParts(join(world.folder, 'models'), { pipeline: 'shop.sums', runId: model });
const sumsFile = () => join(world.folder, 'models/.runs/shop.sums/next-item/sums');

interface Training {
  readonly mode?: string;
  readonly window?: number;
  readonly at?: number;
  readonly key?: KeyObject;
}

async function train({ mode = 'Incremental', window = 10, at = 0, key = signingKey }: Training = {}) {
  const clock = { now: () => start + at };
  const [candidate] = await run(configOf(mode, window), { ...world, signingKey: key, clock, sumsOf: partsOf });
  const files = await world.models.get(candidate!.digest);
  return { files, manifest: openArtifact(files, key === signingKey ? trusted : [createPublicKey(key)]).manifest };
}

test('a refresh reads only what is new, and its model has the bytes of one that has read everything', async () => {
  await write(0, 8);
  const first = await train();
  expect(first.manifest.report).toMatchObject({ refresh: 'read everything: no sums are kept yet', linesRead: 320 });
  await write(8, 11);
  const second = await train({ at: hour });
  expect(second.manifest.report).toMatchObject({ linesRead: 120, sumsBeyond: 0, sumsJoins: 0, sumsMoved: 0 });
  expect(second.manifest.report['refresh']).toMatch(/^added/);
  const full = await train({ mode: 'Never' });
  for (const file of ['items.json', 'sr.matrix', 'ease.matrix'])
    expect(Buffer.compare(second.files.get(file)!, full.files.get(file)!), file).toBe(0);
  expect(second.manifest.offsets).toEqual(full.manifest.offsets);
  expect([second.manifest.events, second.manifest.profiles]).toEqual([full.manifest.events, full.manifest.profiles]);
});

test('a refresh is judged on what is new by a model that has not seen it', async () => {
  await write(0, 8);
  await train();
  await write(8, 11);
  const { manifest } = await train({ at: hour });
  // Three baskets of each profile, of which the later half judges; a ring leaves little to guess.
  expect(manifest.metrics['questions']).toBeGreaterThan(0);
  expect(manifest.metrics['questions']).toBeLessThanOrEqual(60);
  expect(manifest.twin?.before).toBe(new Date(start + 8 * 40 * 1000 - 999).toISOString());
});

test('everything is read again once that is long enough ago', async () => {
  await write(0, 8);
  await train();
  const early = await train({ at: 47 * hour });
  expect(early.manifest.report['linesRead']).toBe(0);
  const late = await train({ at: 48 * hour });
  expect(late.manifest.report['refresh']).toBe('read everything: everything was last read long enough ago');
});

test('sums of another model, another key, or that are damaged are not gone on with', async () => {
  await write(0, 8);
  await train();
  expect((await train({ window: 5 })).manifest.report['refresh']).toMatch(/of another model, spec, code or epoch$/);
  const other = createPrivateKey(generateSigningKey().privatePem);
  expect((await train({ window: 5, key: other })).manifest.report['refresh']).toMatch(/damaged, or another key/);
  await damage((bytes) => (bytes[bytes.length - 9]! ^= 1));
  expect((await train({ window: 5, key: other })).manifest.report['refresh']).toMatch(/damaged, or another key/);
});

async function damage(change: (bytes: Buffer) => unknown): Promise<void> {
  const bytes = await readFile(sumsFile());
  change(bytes);
  await writeFile(sumsFile(), bytes);
}

/** In place of the same number of bytes. */
const put = (bytes: Buffer, before: string, after: string) => bytes.write(after, bytes.indexOf(before), 'latin1');

const damages: [string, (bytes: Buffer) => unknown][] = [
  ['a header that is no JSON', (bytes) => put(bytes, '{"header"', '}"header"')],
  ['no signature', (bytes) => put(bytes, '"signature"', '"signaturf"')],
  ['no offsets', (bytes) => put(bytes, '"offsets"', '"offzets"')],
  ['an array of no known kind', (bytes) => put(bytes, '"u32",', '"u64",')],
  ['another item', (bytes) => put(bytes, '"item-1"', '"item-x"')],
  ['an offset that was not reached', (bytes) => put(bytes, '"to":4', '"to":9')],
  ['other bytes of a person', (bytes) => (bytes[bytes.length - 9]! ^= 1)],
];

describe('kept sums', () => {
  test('that are damaged in any place are refused, and it is said what to do', async () => {
    await write(0, 4);
    await train();
    const whole = await readFile(sumsFile());
    expect(await readSums(partsOf('next-item'), signingKey)).toBeDefined();
    for (const [what, change] of damages) {
      await damage(change);
      await expect(readSums(partsOf('next-item'), signingKey), what).rejects.toMatchObject({
        code: 'ModelInvalid',
        message: expect.stringMatching(/reads everything and keeps new ones/),
      });
      await writeFile(sumsFile(), whole);
    }
  });

  test('are gone on with by partition, in whatever order the broker lists them', async () => {
    await write(0, 8);
    const all = await world.broker.offsets(topics['events-clean']!);
    // As if the log of the second partition had let go of its first records.
    const held = all.map((each) => (each.partition === 1 ? { ...each, low: 2 } : each));
    const listed = vi.spyOn(world.broker, 'offsets').mockResolvedValue(held);
    await train();
    await write(8, 11);
    listed.mockResolvedValue(held.map((each) => ({ ...each, high: 11 })).toReversed());
    const { manifest } = await train({ at: hour });
    expect(manifest.report['linesRead']).toBe(120);
    expect(manifest.offsets.toSorted((a, b) => a.partition - b.partition)).toEqual([
      { partition: 0, from: 0, to: 11 },
      { partition: 1, from: 2, to: 11 },
    ]);
  });
});
