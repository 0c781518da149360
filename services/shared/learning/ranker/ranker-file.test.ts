import { describe, expect, it } from 'vitest';
import { Blend } from '../blend.ts';
import { checkGolden } from '../gate/golden.ts';
import { ItemIndex } from '../item-index.ts';
import { ItemMatrix } from '../item-matrix.ts';
import { decodeModel, encodeModel, jsonBytes, type Model } from '../model.ts';
import { Popularity } from '../popularity.ts';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { RankerBlend } from './ranker-blend.ts';
import { rankerFile } from './ranker-file.ts';
import { Ranker } from './ranker.ts';
import { sizeOf, variableShapes, type RankerShape } from './shape.ts';

const items = new ItemIndex(['a', 'b', 'c', 'd']);
const shape: RankerShape = {
  items: 4,
  dimension: 8,
  length: 3,
  labels: ['soon'],
  categories: ['x', 'y'],
  timeToNext: true,
};
const random = seededUniform(1);
const weights = new Map(
  Object.entries(variableShapes(shape)).map(([name, dimensions]) => [
    name,
    Float32Array.from({ length: sizeOf(dimensions) }, () => random() - 0.5),
  ]),
);
const ranker = new Ranker(items, shape, weights);
const popularity = new Popularity(items, Float64Array.of(4, 3, 2, 1));
const matrix = new ItemMatrix(Uint32Array.of(0, 2, 3, 3, 3), Uint32Array.of(1, 2, 3), Float32Array.of(1, 0.5, 2));
const blend = new Blend(items, [{ name: 'sr', matrix, weight: 1, decay: 0.8 }]);
const together = new RankerBlend(blend, ranker, 0.5);
const modelOf = (recommender: Model['recommender']): Model => ({ recommender, popularity, itemAttributes: [] });
const history = ['a', 'gone', 'b'].map((itemId, at) => ({ itemId, type: 'view', time: at }));

function scoresOf({ recommender }: Pick<Model, 'recommender'>, steps = history): number[] {
  const scores = new Float64Array(4);
  recommender.score(steps, scores);
  return [...scores];
}

describe('an artifact with a ranker', () => {
  it.each([
    ['ranker', ranker],
    ['ranker-blend', together],
  ])('opens as the %s that it was', (kind, recommender) => {
    const opened = decodeModel(encodeModel(modelOf(recommender)));
    expect(opened.recommender.kind).toBe(kind);
    expect(scoresOf(opened)).toEqual(scoresOf({ recommender }));
    expect(opened.recommender.similar(0, 3)).toEqual(recommender.similar(0, 3));
    const opening =
      opened.recommender instanceof RankerBlend ? opened.recommender.ranker : (opened.recommender as Ranker);
    expect(opening.foresee(Uint32Array.of(0, 1))).toEqual(ranker.foresee(Uint32Array.of(0, 1)));
    checkGolden(opened);
  });

  it.each([
    ['cut short', (bytes: Uint8Array) => bytes.slice(0, -4), /ranker\.weights: holds \d+ numbers where the model has/],
    ['another file', (bytes: Uint8Array) => bytes.fill(0, 0, 4), /ranker\.weights: is no ranker/],
    ['not a number', (bytes: Uint8Array) => bytes.fill(0xff, 8, 12), /ranker\.weights: number 0 of items is NaN/],
  ])('is refused with weights that are %s', (_, broken, message) => {
    const files = encodeModel(modelOf(ranker));
    files.set(rankerFile, broken(Uint8Array.from(files.get(rankerFile)!)));
    expect(() => decodeModel(files)).toThrow(message);
  });

  it('is refused where a weight is missing beside parts, or given without', () => {
    const files = encodeModel(modelOf(together));
    const described = JSON.parse(Buffer.from(files.get('model.json')!).toString()) as { ranker: object };
    const { weight: _weight, ...without } = described.ranker as { weight: number };
    files.set('model.json', jsonBytes({ ...described, ranker: without }));
    expect(() => decodeModel(files)).toThrow(/ranker\.weight/);
  });
});

describe('a blend with a ranker', () => {
  it('adds scores less their means by their deviations', () => {
    const standard = (scores: number[]) => {
      const mean = scores.reduce((sum, score) => sum + score, 0) / 4;
      const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / 4);
      return scores.map((score) => (score - mean) / deviation);
    };
    const [linear, neural] = [scoresOf({ recommender: blend }), scoresOf({ recommender: ranker })].map(standard);
    const expected = linear!.map((score, item) => score + 0.5 * neural![item]!);
    scoresOf({ recommender: together }).forEach((score, item) => expect(score).toBeCloseTo(expected[item]!, 12));
  });

  it('leaves what the one does not know to the other, and knows nothing of nothing', () => {
    // Nothing goes with c in the blend.
    expect(scoresOf({ recommender: together }, [{ itemId: 'c', type: 'view', time: 0 }]).every(Number.isFinite)).toBe(
      true,
    );
    expect(together.score([], new Float64Array(4))).toBe(false);
    expect(ranker.score([{ itemId: 'gone', type: 'view', time: 0 }], new Float64Array(4))).toBe(false);
  });

  it('reads the newest steps alone, and passes over unknown ones', () => {
    const known = (...steps: number[]) => {
      const scores = new Float64Array(4);
      ranker.scoreSteps(Int32Array.from(steps), scores);
      return [...scores];
    };
    expect(known(3, 0, -1, 1, 2)).toEqual(known(0, 1, 2));
    expect(known(0, 1, 2)).not.toEqual(known(1, 0, 2));
  });
});
