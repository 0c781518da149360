/**
 * Bad models that classify, put on the way that a good one takes: artifacts on disk, the stream, the gate, promotion. None is
 * promoted, each is refused for its own reason, and a good one after them passes.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ActiveMessage, CandidateMessage } from '../../services/shared/model-stream.ts';
import { announceBad } from './announcing.ts';
import { badOfAnySort, flip, type Bad } from './bad-kinds.ts';
import { visits } from './shop-log.ts';
import { classifier, coefficients, prepare, readGood, type Good, type Recipe } from './spoil.ts';
import { classifying, startGateWorld, type GateWorld } from './world.ts';

let world: GateWorld;
let good: Good;
let inService: CandidateMessage;
let ticks = 0;
const trained: CandidateMessage[] = [];

const both = (files: NonNullable<Recipe['files']>): Recipe => ({ files, twinFiles: files });
const text = (name: string, from: RegExp, to: string) => (files: Map<string, Uint8Array>) =>
  void files.set(name, Buffer.from(Buffer.from(files.get(name)!).toString().replace(from, to)));
const negated = coefficients((value) => -value);
/** As sure of everything as nobody can be. */
const overconfident = classifier(({ calibration, ...rest }) =>
  calibration.kind === 'platt'
    ? { ...rest, calibration: { ...calibration, slope: 40 * calibration.slope, offset: 40 * calibration.offset } }
    : {
        ...rest,
        calibration: { ...calibration, probabilities: calibration.probabilities.map((p) => (p > 0.5 ? 1 : 0)) },
      },
);
/** Its probabilities are those of another time. */
const shy = classifier((model) => ({ ...model, calibration: { kind: 'platt', slope: -0.2, offset: 3 } }));

const kinds: Record<string, [Bad, RegExp]> = {
  ...badOfAnySort,
  'a byte of the classifier': [{ stored: flip('classifier.json') }, /classifier.json: its bytes are not those/],
  'a byte of the golden rows': [{ stored: flip('golden.json') }, /golden.json: its bytes are not those/],
  'a coefficient that is no number': [
    { files: text('classifier.json', /"coefficients":\[[^,\]]+/, '"coefficients":[null') },
    /classifier.json/,
  ],
  'a coefficient too few': [
    { files: text('classifier.json', /"coefficients":\[[^,\]]+,/, '"coefficients":[') },
    /it has not one coefficient for each/,
  ],
  'other answers to its golden rows': [
    { files: text('classifier.json', /"intercept":-?/, '"intercept":7') },
    /golden.json: the model says/,
  ],
  'a model that recommends': [{ details: { kind: 'sr' } }, /a model of kind sr classifies nothing/],
  'another kind than it says': [{ details: { kind: 'trees' } }, /says trees, the files hold linear/],
  'the same for everybody': [both(coefficients(() => 0)), /it says 0\.\d+ of everybody/],
  'the wrong way round': [both(negated), /no better than chance/],
  'not the model that was judged': [{ files: negated }, /it is not the model that was judged/],
  'sure of everything': [both(overconfident), /its log loss is|minDelta/],
  'wrong probabilities': [both(shy), /probabilities are off by|how often the label comes true/],
  'worse than what is in service': [both(coefficients((value, column) => (column === 0 ? 0 : value / 4))), /minDelta/],
  'metrics that lie': [
    { ...both(negated), details: { metrics: { rocAuc: 0.999, rocAucLower: 0.99, logLoss: 0.001 } } },
    /no better than chance/,
  ],
  'the name of another model': [
    { details: { model: 'other' }, message: { model: 'buys-soon' } },
    /its model is other, and it is to be buys-soon/,
  ],
  'too slow': [{ look: { now: () => (ticks += 60) } }, /an answer takes 60 ms .*50 are allowed/],
  'a twin that was touched': [{ twinStored: flip('classifier.json') }, /classifier.json: its bytes are not those/],
};

async function actives(): Promise<ActiveMessage[]> {
  return (await world.messages()).filter((message) => message.kind === 'active');
}
const becomesActive = (candidate: CandidateMessage) =>
  vi.waitFor(async () => expect((await actives()).at(-1)!.digest).toBe(candidate.digest), 20_000);

async function train(runId: string): Promise<CandidateMessage> {
  const candidate = await world.train(runId);
  trained.push(candidate);
  await becomesActive(candidate);
  return candidate;
}

beforeAll(async () => {
  world = await startGateWorld({ spec: classifying, promotion: { canaryPercent: 100 } });
  await world.write(visits(0, 600));
  await train('run-1');
  await world.write(visits(600, 1200));
  inService = await train('run-2');
  good = await readGood(world, inService);
}, 60_000);
afterAll(() => world.stop());

it('a good one passes by what the gate has asked both, and says so', async () => {
  const gates = (await world.messages()).filter((message) => message.kind === 'gate');
  expect(gates.map(({ verdict, against }) => [verdict, against])).toEqual([
    ['Passed', null],
    ['Passed', trained[0]!.digest],
  ]);
  expect(gates[0]!.reasons.join()).toMatch(
    /its log loss is 0\.\d+ and its ROC-AUC 0\.\d+ over \d+ examples; no model was/,
  );
  expect(gates[1]!.reasons.join()).toMatch(/better than the active model, at least/);
  expect(gates[1]!.figures).toMatchObject({
    minDelta: -0.01,
    rocAuc: expect.any(Number),
    'active.logLoss': expect.any(Number),
  });
});

it.each(Object.entries(kinds))('%s', async (name, [{ look, ...recipe }, reason]) => {
  const { verdict, reasons } = await announceBad(world, await prepare(world, good, recipe), look);
  expect([name, verdict, reasons.join('; ')]).toEqual([name, 'Refused', expect.stringMatching(reason)]);
});

it('none of them was promoted', async () => {
  const digests = (await actives()).map(({ digest }) => digest);
  expect(digests).toEqual(trained.map(({ digest }) => digest));
  expect(world.fatal).toEqual([]);
});
