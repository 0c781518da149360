/** When a training goes on from the sums of the last one, and when it reads everything. */
import { expect, it } from 'vitest';
import { signingKey, trainerEnv } from '../../../test/trainer/world.ts';
import { codeVersion } from '../../shared/learning/manifest.ts';
import { storeSums } from '../../shared/learning/incremental/sums-file.ts';
import { Sums } from '../../shared/learning/incremental/sums.ts';
import type { ReplaceableParts } from '../../shared/run-parts.ts';
import { parseConfig } from '../config.ts';
import { begin, sumsSchema, type Wanted } from './begin.ts';
import { keepSums, type SumsHead } from './kept-sums.ts';

const [inputs] = parseConfig(trainerEnv()).models as [Wanted['inputs']];
const topic = 'default.shop.events-clean.e1';
const hour = 3_600_000;
const offsets = [
  { partition: 0, from: 0, to: 10 },
  { partition: 1, from: 0, to: 20 },
];
const ranges = [
  { partition: 0, from: 0, to: 15 },
  { partition: 1, from: 0, to: 20 },
];

function memoryParts(): ReplaceableParts {
  const held = new Map<string, Uint8Array>();
  return {
    create: async (name, bytes) => void (held.has(name) || held.set(name, bytes)),
    replace: async (name, bytes) => void held.set(name, bytes),
    get: async (name) => held.get(name),
    clear: async () => held.clear(),
    clearOthers: async () => undefined,
  };
}

async function begun(wanted: Partial<Wanted>, head: Partial<SumsHead> = {}) {
  const parts = memoryParts();
  const kept: SumsHead = {
    topic,
    model: inputs.name,
    schema: sumsSchema(inputs, []),
    codeVersion,
    offsets,
    fullAt: 0,
    since: null,
    newest: 5,
    weights: { srWeight: 0.25, decay: 0.5 },
    ...head,
  };
  await keepSums(parts, { head: kept, sums: storeSums(new Sums(inputs, [])) }, signingKey);
  const base = { inputs, mergeOn: [], topic, ranges, since: undefined, refitAfterMs: 48 * hour, now: hour };
  return begin(parts, signingKey, { ...base, ...wanted });
}

it('goes on where the sums end, with what was chosen then', async () => {
  expect(await begun({})).toMatchObject({
    refit: undefined,
    read: offsets,
    fullAt: 0,
    newest: 5,
    weights: { srWeight: 0.25, decay: 0.5 },
  });
});

it.each<[string, Partial<Wanted>, Partial<SumsHead>?]>([
  ['the log has let go of what comes next', { ranges: [{ partition: 0, from: 11, to: 15 }, ranges[1]!] }],
  ['the log ends before them', { ranges: [{ partition: 0, from: 0, to: 9 }, ranges[1]!] }],
  ['there is a partition more', { ranges: [...ranges, { partition: 2, from: 0, to: 1 }] }],
  ['a partition is another one', { ranges: [ranges[0]!, { partition: 2, from: 0, to: 20 }] }],
  ['what came before a drift is left out', { since: 7 }],
  ['everything was read long ago', { now: 48 * hour }],
  ['they are of another topic', { topic: 'default.shop.events-clean.e2' }],
  ['other links are made', { mergeOn: ['login'] as never }],
  ['other code has made them', {}, { codeVersion: 'learning/0' }],
  ['they are of another model', {}, { model: 'other' }],
])('reads everything where %s', async (_, wanted, head) => {
  const { refit, read, newest } = await begun(wanted, head);
  expect(refit).toEqual(expect.any(String));
  expect({ read, newest }).toEqual({ read: [], newest: -Infinity });
});
