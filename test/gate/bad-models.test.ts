/**
 * Bad models: candidates of every kind that must never serve, put on the way that a good one takes: artifacts on disk, the
 * stream, the gate, promotion, serving. None is promoted, and each is refused for its own reason.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { CandidateMessage } from '../../services/shared/model-stream.ts';
import { announceBad } from './announcing.ts';
import { badOfAnySort, flip, type Bad } from './bad-kinds.ts';
import { purchases } from './shop-log.ts';
import {
  addFile,
  eachValue,
  everywhere,
  halved,
  oneValue,
  prepare,
  readGood,
  removeAll,
  removeFile,
  shifted,
  type Good,
  type Recipe,
} from './spoil.ts';
import { startGateWorld, type GateWorld, type Look } from './world.ts';

let world: GateWorld;
let good: Good;
let inService: CandidateMessage;
let first: CandidateMessage;
let judgedRun: string;

const text = (value: unknown) => Buffer.from(JSON.stringify(value));
const both = (model: NonNullable<Recipe['model']>): Recipe => ({ model, twin: model });
const negated = eachValue((value) => -value);
/** Items of the first category are never recommended, though the log is full of them. */
const blind: NonNullable<Recipe['model']> = (model) => {
  const { ids } = model.popularity.items;
  return eachValue((value, _row, column) => (ids[column]!.startsWith('c0-') ? 0 : value))(model);
};
let ticks = 0;

const kinds: Record<string, [Bad, RegExp]> = {
  ...badOfAnySort,
  'a byte of the manifest': [{ stored: flip('manifest.json') }, /no trusted key has signed/],
  'a byte of the signature': [{ stored: flip('manifest.sig') }, /no trusted key has signed/],
  'a byte of the items': [{ stored: flip('items.json') }, /items.json: its bytes are not those/],
  'a byte of the parts': [{ stored: flip('model.json') }, /model.json: its bytes are not those/],
  'a byte of SR': [{ stored: flip('sr.matrix') }, /sr.matrix: its bytes are not those/],
  'a byte of EASE': [{ stored: flip('ease.matrix') }, /ease.matrix: its bytes are not those/],
  'a file that is missing': [{ stored: removeFile('sr.matrix') }, /sr.matrix: is missing/],
  'a file too many': [{ stored: addFile('more.bin') }, /more.bin: is not named/],
  'an artifact that is not there': [{ stored: removeAll }, /There is no model/],
  'a weight that is no number': [{ model: oneValue(NaN) }, /entry 0 is NaN/],
  'a weight without end': [{ model: oneValue(Infinity) }, /entry 0 is Infinity/],
  'scores of nothing': [{ model: eachValue(() => 0) }, /all items score alike/],
  'the same score for all': [both(everywhere(1)), /all items score alike/],
  'items that have changed places': [{ model: shifted(7) }, /not the model that was judged/],
  'items that have changed places in the twin too': [both(shifted(7)), /most popular items have|minDelta/],
  'a matrix cut short': [
    { files: (files) => void files.set('sr.matrix', files.get('sr.matrix')!.subarray(0, -8)) },
    /sr.matrix: has \d+ bytes where/,
  ],
  'the name of another model': [
    { details: { model: 'other' }, message: { model: 'next-item' } },
    /its model is other, and it is to be next-item/,
  ],
  'worse than the most popular items': [both(negated), /the most popular items have/],
  'a segment that has collapsed': [both(blind), /in category:c0 it is worse: -/],
  'scores that explode': [{ model: eachValue((value) => value * 1e6) }, /its scores are [\d.e+]{6,} times/],
  'scores that vanish': [
    { model: eachValue((value) => value * 1e-6) },
    /its scores are [\d.]+e-7 times|its scores are 0.00000\d* times/,
  ],
  'too slow': [{ look: { now: () => (ticks += 60) } }, /scoring takes 60 ms .*50 are allowed/],
  'metrics that lie': [
    { ...both(negated), details: { metrics: { 'ndcg@10': 0.99, 'popularity.ndcg@10': 0.01 } } },
    /its NDCG@10 is 0(\.\d+)?, and/,
  ],
  'no item': [{ files: (files) => void files.set('items.json', text([])) }, /items.json: /],
  'an item twice': [
    {
      files: (files) => {
        const items = JSON.parse(Buffer.from(files.get('items.json')!).toString()) as object[];
        files.set('items.json', text([items[0], items[0], ...items.slice(2)]));
      },
    },
    /items.json: an id is repeated/,
  ],
  'half of the items': [both(halved), /it does not know 30 of 60 items/],
  'another kind than it says': [{ details: { kind: 'sr' } }, /says sr of 60 items, the files hold blend/],
  'cleaning that cannot be read': [
    { files: (files) => void files.set('cleaning.json', Buffer.from('{]')) },
    /cleaning.json: is not JSON/,
  ],
  'a twin that was touched': [{ twinStored: flip('sr.matrix') }, /sr.matrix: its bytes are not those/],
  'another version than announced': [{ message: { version: 'blend-1' } }, /its version is .*, and it is to be blend-1/],
};

const seen: string[] = [];

beforeAll(async () => {
  world = await startGateWorld({ promotion: { canaryPercent: 100 } });
  await world.write(purchases(0, 400));
  first = await world.train('run-1');
  await vi.waitFor(async () => expect(await world.served()).toBe(first.version), 20_000);
  await world.write(purchases(400, 8000));
  inService = await world.train('run-2');
  await vi.waitFor(async () => expect(await world.served()).toBe(inService.version), 20_000);
  good = await readGood(world, inService);
}, 60_000);
afterAll(() => world.stop());

const announce = (candidate: CandidateMessage, look?: Look) => announceBad(world, candidate, look);

it.each(Object.entries(kinds))('%s', async (name, [{ look, ...recipe }, reason]) => {
  const candidate = await prepare(world, good, recipe);
  judgedRun = candidate.runId;
  const { verdict, reasons } = await announce(candidate, look);
  expect([name, verdict, reasons.join('; ')]).toEqual([name, 'Refused', expect.stringMatching(reason)]);
  seen.push(name);
});

it('a run that has been judged as another artifact', async () => {
  const { verdict, reasons } = await announce(await prepare(world, good, { message: { runId: judgedRun } }));
  expect([verdict, reasons.join()]).toEqual(['Refused', expect.stringMatching(/has been judged before/)]);
});

it('what is not even looked at: the model before, announced again, and one that the spec does not have', async () => {
  const strange = await prepare(world, good, { details: { model: 'other' } });
  await world.announce(strange);
  await world.announce(first);
  expect((await announce(await prepare(world, good, kinds['unsigned']![0]))).verdict).toBe('Refused');
  const gates = (await world.messages()).filter((message) => message.kind === 'gate');
  expect(gates.filter(({ runId }) => runId === strange.runId)).toEqual([]);
  expect(gates.filter(({ runId }) => runId === first.runId).map(({ against }) => against)).toEqual([null]);
});

it('an old generation changes nothing', async () => {
  const active = (await world.messages()).findLast((message) => message.kind === 'active')!;
  const { version, digest } = first;
  await world.announceActive({ ...active, version, digest });
  expect((await announce(await prepare(world, good, kinds['unsigned']![0]))).verdict).toBe('Refused');
  expect(await world.served()).toBe(inService.version);
});

it('none of them was promoted, and the good one serves on', async () => {
  expect(seen.length).toBeGreaterThanOrEqual(30);
  const versions = (await world.messages()).flatMap((message) => (message.kind === 'active' ? message.version : []));
  expect(new Set(versions)).toEqual(new Set([first.version, inService.version]));
  expect(await world.served()).toBe(inService.version);
  expect(world.fatal).toEqual([]);
});

it('three refusals in a row hold promotion, also of a good one, until a person decides', async () => {
  for (let time = 0; time < 3; time++) {
    const bad = await prepare(world, good, kinds['unsigned']![0]);
    world.lookWith({});
    if (time === 0) world.forgive();
    await world.announce(bad);
    await vi.waitFor(() => expect(world.activation.models()[0]!.refusals).toBe(time + 1), 10_000);
  }
  await world.write(purchases(8000, 8500));
  const fine = await world.train('run-3');
  await vi.waitFor(
    () => expect(world.activation.models()[0]).toMatchObject({ phase: 'Held', candidate: { version: fine.version } }),
    10_000,
  );
  expect(await world.served()).toBe(inService.version);
});
