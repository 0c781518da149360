/** Purchase propensity on Online Shoppers: five folds, the same for all models, each judged on rows nobody had seen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelLogits, probabilitiesOf, type Classifier } from '../../services/shared/learning/classify/classifier.ts';
import { encodeRows } from '../../services/shared/learning/classify/encoding.ts';
import { fitClassifier, labelsOf } from '../../services/shared/learning/classify/fit-classifier.ts';
import { expectedCalibrationError, rankingQuality } from '../../services/shared/learning/classify/quality.ts';
import type { ClassifyRow, Field } from '../../services/shared/learning/classify/rows.ts';
import { seededUniform } from '../../services/shared/learning/statistics/mersenne-twister.ts';
import type { TensorBackend } from '../../services/shared/learning/tensor/tensor-backend.ts';
import { round } from '../statistics.ts';

const label = 'Revenue';
const categories = new Set(['Month', 'OperatingSystems', 'Browser', 'Region', 'TrafficType', 'VisitorType', 'Weekend']);
const folds = 5;
/** Of the rows that are learned from, one in so many chooses, stops and calibrates. */
const validationPart = 7;
const seed = 7;

export interface ShoppersOptions {
  readonly folder: string;
  readonly tensors: () => Promise<TensorBackend>;
  readonly note: (line: string) => void;
}

interface Shopper extends ClassifyRow {
  readonly fold: number;
  readonly validates: boolean;
}

type Quality = { readonly rocAuc: number; readonly averagePrecision: number; readonly calibrationError: number };

/** By kind of model, and `chosen`: whichever of the balanced ones each fold's validation rows preferred. Means. */
export async function shoppersQuality(options: ShoppersOptions, withPageValues: boolean) {
  const { rows, fields } = readShoppers(options.folder);
  const learned = fields.filter(({ name }) => withPageValues || name !== 'PageValues');
  const measured = new Map<string, Quality[]>();
  for (let fold = 0; fold < folds; fold++) {
    for (const [kind, quality] of await judgeFold(rows, fold, learned, options))
      measured.set(kind, [...(measured.get(kind) ?? []), quality]);
    options.note(`Online Shoppers, fold ${fold + 1} of ${folds}${withPageValues ? '' : ', without PageValues'}`);
  }
  const mean = (all: readonly Quality[], field: keyof Quality): number =>
    round(all.reduce((sum, quality) => sum + quality[field], 0) / all.length, 4);
  return Object.fromEntries(
    [...measured].map(([kind, all]) => [
      kind,
      {
        rocAuc: mean(all, 'rocAuc'),
        averagePrecision: mean(all, 'averagePrecision'),
        calibrationError: mean(all, 'calibrationError'),
      },
    ]),
  );
}

async function judgeFold(
  rows: readonly Shopper[],
  fold: number,
  fields: readonly Field[],
  { tensors }: ShoppersOptions,
): Promise<(readonly [string, Quality])[]> {
  const test = rows.filter((row) => row.fold === fold);
  const rest = rows.filter((row) => row.fold !== fold);
  const data = {
    train: rest.filter(({ validates }) => !validates),
    validation: rest.filter(({ validates }) => validates),
  };
  const settings = { fields, selection: { method: 'MutualInformation', keep: 20 }, seed: 1, tensors } as const;
  const balanced = await fitClassifier(data, { ...settings, balance: 'Weights', kinds: ['linear', 'mlp', 'trees'] });
  // Trees order rows better where the rare ones count no more than the others.
  const plain = await fitClassifier(data, { ...settings, balance: 'None', kinds: ['trees'] });
  const qualities = [
    ...balanced.tried.map((tried) => [tried.candidate.kind, qualityOf(tried.classifier, test)] as const),
    ...plain.tried.map((tried) => [`${tried.candidate.kind}Unbalanced`, qualityOf(tried.classifier, test)] as const),
  ];
  return [...qualities, ['chosen', qualities[0]![1]]];
}

function qualityOf(classifier: Classifier, test: readonly Shopper[]): Quality {
  const [matrix, labels] = [encodeRows(classifier.encoders, test), labelsOf(test)];
  const ranking = rankingQuality(modelLogits(classifier.model, matrix), labels);
  return { ...ranking, calibrationError: expectedCalibrationError(probabilitiesOf(classifier, matrix), labels) };
}

/** Stratified: each fold has its share of buyers. */
function readShoppers(folder: string): { readonly rows: Shopper[]; readonly fields: Field[] } {
  const [header = '', ...lines] = readFileSync(join(folder, 'online-shoppers', 'online-shoppers.csv'), 'utf8')
    .trim()
    .split('\n');
  const names = header.trim().split(',');
  const random = seededUniform(seed);
  const read = lines.map((line) => ({ ...readRow(names, line.trim().split(',')), lot: random() }));
  const rows = [true, false].flatMap((wanted) =>
    read
      .filter((row) => row.label === wanted)
      .toSorted((a, b) => a.lot - b.lot)
      .map((row, at) => ({
        ...row,
        fold: at % folds,
        validates: Math.floor(at / folds) % validationPart === 0,
      })),
  );
  const fields = names
    .filter((name) => name !== label)
    .map((name): Field => ({ name, kind: categories.has(name) ? 'category' : 'number' }));
  return { rows, fields };
}

function readRow(names: readonly string[], cells: readonly string[]): ClassifyRow {
  const values: Record<string, unknown> = {};
  names.forEach((name, at) => (values[name] = categories.has(name) ? cells[at] : Number(cells[at])));
  return { values, time: 0, label: cells[names.indexOf(label)] === 'TRUE' };
}
