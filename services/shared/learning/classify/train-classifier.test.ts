import { createPublicKey, createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openWasmBackend } from '../../adapters/tensor/wasm.ts';
import { openArtifact, openClassifier, sealArtifact } from '../artifact.ts';
import { generateSigningKey } from '../signing.ts';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { weightsFor } from './balance-rows.ts';
import { fitCalibration } from './calibration.ts';
import { probabilityOf } from './classifier.ts';
import { decodeClassifier, decodeSelection, encodeClassifier } from './classifier-file.ts';
import type { ClassifierKind } from './classifier-kinds.ts';
import type { ClassifierInputs } from './classifier-inputs.ts';
import { encodeRows } from './encoding.ts';
import { fitClassifier, labelsOf } from './fit-classifier.ts';
import { defaultMlp, fitMlp } from './mlp.ts';
import type { ClassifyRow } from './rows.ts';
import { timeFolds } from './time-folds.ts';
import { trainClassifier } from './train-classifier.ts';
import { defaultBoost, fitManyTrees, fitTrees, treeLogits } from './trees.ts';

/** The label follows `visits` and the plan, never `noise`; a fifth of the visits is unknown. */
function makeRows(count: number): ClassifyRow[] {
  const random = seededUniform(3);
  return Array.from({ length: count }, (_, at) => {
    const [visits, plan, lot] = [Math.floor(random() * 10), random() < 0.3 ? 'pro' : 'free', random()];
    const known = random() > 0.2;
    const label = lot < 1 / (1 + Math.exp(4 - 0.6 * visits - (plan === 'pro' ? 2 : 0)));
    return { time: at * 1000, label, values: { visits: known ? visits : null, plan, noise: random(), tastes: [] } };
  });
}

const inputs = (kinds: readonly ClassifierKind[], keep = 2): ClassifierInputs => ({
  name: 'buys',
  label: { events: ['purchase'], withinMs: 5000 },
  fields: [
    { name: 'visits', kind: 'number' },
    { name: 'plan', kind: 'category' },
    { name: 'noise', kind: 'number' },
    { name: 'tastes', kind: 'tags' },
  ],
  selection: { method: 'MutualInformation', keep },
  balance: 'Weights',
  kinds,
  schema: '0'.repeat(64),
});
const options = { holdout: 0.2, seed: 1, tensors: openWasmBackend };
const rows = makeRows(800);
const trained = new Map<ClassifierKind, ReturnType<typeof trainClassifier>>();

/** Once a kind: it takes a while. */
function train(kind: ClassifierKind): ReturnType<typeof trainClassifier> {
  const known = trained.get(kind) ?? trainClassifier(rows, inputs([kind]), options);
  trained.set(kind, known);
  return known;
}

describe.each(['linear', 'mlp', 'trees'] as const)('a classifier of kind %s', (kind) => {
  it('ranks, is calibrated, and knows what matters', async () => {
    const { metrics, selection, classifier } = await train(kind);
    expect(metrics['rocAuc']).toBeGreaterThan(0.75);
    expect(metrics['expectedCalibrationError']).toBeLessThan(0.12);
    expect(metrics['rocAucLower']).toBeLessThan(metrics['rocAuc']!);
    expect(
      selection
        .filter(({ kept }) => kept)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['plan', 'visits']);
    expect(selection.every(({ kept, importance }) => kept === (importance !== undefined))).toBe(true);
    const at = (visits: number) => probabilityOf(classifier, { time: 0, values: { visits, plan: 'free' } });
    expect(at(9)).toBeGreaterThan(at(1) + 0.2);
  }, 60_000);

  it('reads back from its files', async () => {
    const { classifier } = await train(kind);
    const files = encodeClassifier(await train(kind));
    const row = { time: 0, values: { visits: 7, plan: 'pro' } };
    expect(probabilityOf(decodeClassifier(files), row)).toBeCloseTo(probabilityOf(classifier, row), 12);
    expect(decodeSelection(files)).toHaveLength(4);
  });
});

describe('the same rows and seed', () => {
  it('give the same files', async () => {
    const again = await trainClassifier(rows, inputs(['linear']), options);
    expect(encodeClassifier(again)).toEqual(encodeClassifier(await train('linear')));
  });

  it('give the same trees and the same network', async () => {
    const values = Float64Array.from(
      rows.slice(0, 200).flatMap((row) => [row.values['noise'] as number, row.time / 1e6]),
    );
    const labels = Uint8Array.from(rows.slice(0, 200), ({ label }) => (label ? 1 : 0));
    const data = { matrix: { rows: 200, columns: 2, values }, labels, weights: new Float64Array(200).fill(1) };
    const boost = { ...defaultBoost, mostTrees: 5 };
    expect(fitTrees(data, data, boost)).toEqual(fitTrees(data, data, boost));
    const backend = await openWasmBackend();
    const network = () => fitMlp(backend, { train: data, validation: data }, { ...defaultMlp, mostEpochs: 2 });
    expect(await network()).toEqual(await network());
  });
});

it('has trees learn from the validation rows too, calibrated by trees that had not', async () => {
  const [train, validation] = [rows.slice(0, 500), rows.slice(500)];
  const { fields, selection, balance } = inputs(['trees']);
  const fitting = { fields, selection, balance, kinds: ['trees'] as const, seed: 1, tensors: openWasmBackend };
  const settings = { ...defaultBoost, leaves: 4 };
  const { tried } = await fitClassifier({ train, validation }, fitting, [{ kind: 'trees', settings }]);
  const { encoders, model, calibration } = tried[0]!.classifier;
  const labelled = (some: readonly ClassifyRow[]) => {
    const labels = labelsOf(some);
    return { matrix: encodeRows(encoders, some), labels, weights: weightsFor(labels, balance) };
  };
  const held = fitTrees(labelled(train), labelled(validation), settings);
  expect(held.trees.length).toBeGreaterThan(3);
  const all = fitManyTrees(labelled([...train, ...validation]), Math.round(held.trees.length * 1.6), settings);
  expect(model).toEqual({ kind: 'trees', trees: all });
  const { matrix, labels } = labelled(validation);
  expect(calibration).toEqual(fitCalibration(treeLogits(held, matrix), labels));
});

describe('the choice', () => {
  it('is made by what the method asks, on training and validation rows', async () => {
    const chosen = await trainClassifier(
      rows,
      { ...inputs(['linear']), selection: { method: 'Permutation', keep: 1 } },
      options,
    );
    expect(chosen.selection[0]).toMatchObject({ name: 'visits', kept: true });
  });

  it('needs both labels in every fold, and says which lacks them', async () => {
    const early = rows.map((row, at) => ({ ...row, label: at < 400 && row.label }));
    await expect(trainClassifier(early, inputs(['linear']), options)).rejects.toThrow(
      /validation examples the label is true of 0/,
    );
  });

  it('learns from no label that was not known yet', () => {
    const { judged, served, test } = timeFolds(rows, 0.2, 5000);
    expect(judged.train.at(-1)!.time + 5000).toBeLessThan(judged.validation[0]!.time + 1);
    expect(judged.validation.at(-1)!.time + 5000).toBeLessThan(test[0]!.time + 1);
    expect(served.validation).toEqual(test);
    expect(test).toHaveLength(160);
  });
});

describe('an artifact of a classifier', () => {
  const keys = generateSigningKey();
  const trusted = [createPublicKey(keys.publicPem)];
  async function seal(change: (files: Map<string, Uint8Array>) => void = () => undefined) {
    const files = encodeClassifier(await train('linear'));
    change(files);
    const details = {
      kind: 'linear' as const,
      model: 'buys',
      runId: 'r',
      trainedAt: '2026-01-01T00:00:00.000Z',
      offsets: [],
      codeVersion: 'learning/1',
      featureSchema: '0'.repeat(64),
      events: 1,
      profiles: 1,
      items: 0,
      metrics: {},
      report: {},
    };
    return sealArtifact(files, details, createPrivateKey(keys.privatePem)).files;
  }
  const spoil = (name: string, from: RegExp, to: string) => (files: Map<string, Uint8Array>) =>
    void files.set(name, Buffer.from(Buffer.from(files.get(name)!).toString().replace(from, to)));

  it('opens as a classifier, and as nothing else', async () => {
    const files = await seal();
    expect(openClassifier(files, trusted).manifest.kind).toBe('linear');
    expect(() => openArtifact(files, trusted)).toThrow(/recommends nothing/);
  });

  it.each([
    [
      'another answer to a golden row',
      spoil('golden.json', /"probability":[\d.e-]+/, '"probability":0.987654'),
      /the model says/,
    ],
    [
      'a coefficient that is no number',
      spoil('classifier.json', /"intercept":[-\d.e]+/, '"intercept":null'),
      /intercept/,
    ],
    [
      'a column without a coefficient',
      spoil('classifier.json', /"coefficients":\[[-\d.e]+,/, '"coefficients":['),
      /one coefficient/,
    ],
    ['no golden rows', (files: Map<string, Uint8Array>) => void files.delete('golden.json'), /golden.json: is missing/],
  ])('is refused with %s', async (_, change, message) => {
    const files = await seal(change);
    expect(() => openClassifier(files, trusted)).toThrow(message);
  });
});
