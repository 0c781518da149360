/** How well a model of the old foresees the new: weights are chosen on the first half of the questions, and judged on the rest. */
import { meansOf } from '../../shared/learning/evaluate.ts';
import {
  chooseWeights,
  evaluationOf,
  leastQueries,
  tallyAll,
  type Assessed,
  type BlendWeights,
  type Fitted,
} from '../../shared/learning/fit.ts';
import type { SummedItems } from '../../shared/learning/incremental/fit-sums.ts';
import type { Asked, Prequential } from '../../shared/learning/incremental/prequential.ts';
import type { ModelInputs } from '../../shared/learning/model-inputs.ts';

/** How many are recommended when a model is judged. */
const k = 10;

export interface Old {
  readonly known: SummedItems;
  readonly fitted: Fitted;
  /** All events that it has seen are older, milliseconds since 1970. */
  readonly before: number;
}

export interface JudgedOld {
  readonly weights: BlendWeights;
  readonly models: readonly Assessed[];
  /** What was asked: of all questions those after the ones that chose. */
  readonly asked: Asked;
}

/** `weights`: those of the last time, which stay where there are too few questions to choose by. */
export function judgeOld(
  { known, fitted }: Old,
  questions: Prequential,
  { inputs, weights }: { readonly inputs: ModelInputs; readonly weights: BlendWeights },
): JudgedOld {
  // Items that are new have the numbers behind: no model can rank what it does not know, and it counts as missed.
  const indexOf = (item: number): number => known.indexOf[item] ?? item;
  const [choosing, judging] = questions.split(0.5, indexOf);
  const input = { k, inputs };
  const isEnough = choosing.queries.at.length >= leastQueries;
  const chosen = isEnough ? chooseWeights(fitted, evaluationOf(fitted, { ...input, ...choosing })) : weights;
  const tallied = tallyAll(fitted, chosen, { ...input, ...judging });
  return { weights: chosen, models: tallied.map((sum) => ({ kind: sum.kind, ...meansOf(sum) })), asked: judging };
}
