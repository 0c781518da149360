/** SR and EASE against a dense reference: every weight in float64, and the best ten of the 32-bit models that are served. */
import { Blend, type Part } from '../../services/shared/learning/blend.ts';
import { easeBlock, fitEase, invertHere } from '../../services/shared/learning/ease.ts';
import { addGram, squareOf } from '../../services/shared/learning/gram.ts';
import { ItemIndex } from '../../services/shared/learning/item-index.ts';
import type { ItemMatrix } from '../../services/shared/learning/item-matrix.ts';
import { PairCounts } from '../../services/shared/learning/pair-counts.ts';
import { topN } from '../../services/shared/learning/recommender.ts';
import { countSteps, type Sequences } from '../../services/shared/learning/sequences.ts';
import { countPairs, fitSequentialRules, rulesIn } from '../../services/shared/learning/sequential-rules.ts';
import { sweepLayout } from '../../services/shared/learning/spd-inverse.ts';
import { sharedMemory } from '../../services/shared/learning/sweep-kernel.ts';
import {
  denseEase,
  denseRules,
  denseScores,
  generator,
  historiesOf,
  randomSequences,
  type Dense,
} from '../../test/parity/dense-reference.ts';
import { deviation } from './deviation.ts';

const [profiles, items] = [1500, 300];
const [window, decay, regularization] = [10, 0.8, 200];

export interface RetrievalParity {
  /** The greatest distance of any weight: 1e-9 is asked for. */
  readonly float64: { readonly sr: number; readonly ease: number };
  /** Share of the profiles that get the same best ten, unseen items alone, from 32-bit weights: .99 is asked for. */
  readonly sameTop10: { readonly sr: number; readonly ease: number };
}

export async function retrievalParity(): Promise<RetrievalParity> {
  const sequences = randomSequences(profiles, items, generator(1));
  const [sr, ease] = [denseRules(sequences, items, window), denseEase(sequences, items, regularization)];
  const block = easeBlock(countSteps(sequences, items), items);
  const options = { regularization, inverter: invertHere, keep: items };
  const fitted = await fitEase(block, (triangle) => addGram(sequences, block.rowOf, triangle), options);
  return {
    float64: { sr: deviation(rulesIn64(sequences), sr), ease: deviation(await easeIn64(sequences), ease) },
    sameTop10: {
      sr: sameTop10(sequences, { name: 'sr', matrix: fitSequentialRules(pairsOf(sequences), { keep: items }) }, sr),
      ease: sameTop10(sequences, { name: 'ease', matrix: fitted.matrix }, ease),
    },
  };
}

function pairsOf(sequences: Sequences): PairCounts {
  const counts = new PairCounts(items);
  countPairs(sequences, window, counts);
  return counts;
}

/** Before they are stored. */
function rulesIn64(sequences: Sequences): Float64Array[] {
  const rules = rulesIn(pairsOf(sequences));
  const matrix = Array.from({ length: items }, () => new Float64Array(items));
  rules.values.forEach((value, at) => (matrix[rules.rows[at]!]![rules.columns[at]!] = value));
  return matrix;
}

/** From the inverse that the sweep leaves, −P: all items occur, so each has its own row. */
async function easeIn64(sequences: Sequences): Promise<Float64Array[]> {
  const layout = sweepLayout(items, 1);
  const shared = sharedMemory(layout.bytes);
  const memory = new Float64Array(shared.buffer);
  addGram(
    sequences,
    Int32Array.from({ length: items }, (_, row) => row),
    squareOf(memory, layout.padded),
  );
  for (let row = 0; row < layout.padded; row++) memory[row * layout.padded + row]! += row < items ? regularization : 1;
  await invertHere.run(layout, shared);
  const at = (row: number, column: number) => memory[row * layout.padded + column]!;
  return Array.from({ length: items }, (_, row) =>
    Float64Array.from({ length: items }, (_, column) => (row === column ? 0 : -at(row, column) / at(column, column))),
  );
}

function sameTop10(
  sequences: Sequences,
  { name, matrix }: Pick<Part, 'name'> & { readonly matrix: ItemMatrix },
  reference: Dense,
): number {
  const catalogue = new ItemIndex(Array.from({ length: items }, (_, item) => String(item)));
  const model = new Blend(catalogue, [{ name, matrix, weight: 1, decay }]);
  const scores = new Float64Array(items);
  const same = historiesOf(sequences).filter((history) => {
    const best = (values: Float64Array) => topN(values, 10, (item) => history.includes(item)).map(({ item }) => item);
    model.scoreSteps(history, scores);
    return String(best(scores)) === String(best(Float64Array.from(denseScores(reference, history, decay))));
  });
  return same.length / profiles;
}
