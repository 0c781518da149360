/** What a model is compared with while it serves: its inputs in the newest events, its answers at the hold-out. */
import { encodeBaseline, sketchColumns, type Baseline, type InputColumn } from '../shared/learning/drift/baseline.ts';
import type { BaselineSample } from '../shared/learning/drift/baseline-sample.ts';
import { answerOf } from '../shared/learning/drift/prequential.ts';
import { predictionInputs, predictionValues } from '../shared/learning/drift/watched-inputs.ts';
import type { TrainingSet } from '../shared/learning/event-table.ts';
import { askQuestions } from '../shared/learning/gate/hold-out.ts';
import type { Model } from '../shared/learning/model.ts';
import type { Sketch } from '../shared/learning/sketch/sketch.ts';
import { isFirst, type Team } from '../shared/learning/team.ts';
import type { TrainedModel } from './train-model.ts';

/** So many answers settle the sketches. */
const mostQuestions = 3000;

export interface BaselineInput {
  /** Of this worker's events. */
  readonly sample: BaselineSample;
  readonly set: TrainingSet;
  /** undefined where another worker is the first. */
  readonly trained: TrainedModel | undefined;
  /** Steps of a history that the model is told of. */
  readonly length: number;
  /** Tells the models of a run apart. */
  readonly step: string;
}

/** The bytes of `baseline.json`; undefined where another worker is the first. The same events give the same bytes. */
export async function fitBaseline(input: BaselineInput, team: Team): Promise<Uint8Array | undefined> {
  const { sample, set, trained, step } = input;
  await team.sendToFirst(
    `${step}.baseline`,
    () => Buffer.from(JSON.stringify(sample.store())),
    (bytes) => sample.merge(JSON.parse(Buffer.from(bytes).toString('utf8'))),
  );
  if (!isFirst(team) || trained === undefined) return undefined;
  const baseline: Baseline = {
    inputs: { ...sample.fit(set.items), ...sketchAnswers(input, trained) },
    hitRate: trained.facts.metrics['recall@10'],
    popularityHitRate: trained.facts.metrics['popularity.recall@10'],
  };
  return encodeBaseline(baseline);
}

/** By the twin, which has seen none of these events: a model knows what it has learned from too well. */
function sketchAnswers({ set, length }: BaselineInput, { twin }: TrainedModel): Record<string, Sketch> {
  if (twin === undefined) return {};
  const { sequences, items } = set;
  const questions = askQuestions({ sequences, items, from: twin.before, length, limit: mostQuestions, seed: 1 });
  const columns = predictionInputs.map((each): InputColumn => ({ ...each, values: [] }));
  const answer = createAnswering(twin.model);
  for (const { history, seen } of questions) {
    const values = answer(history, seen);
    columns.forEach((column, at) => (column.values as unknown[]).push(values[at]));
  }
  return sketchColumns(columns);
}

function createAnswering({ recommender, popularity, itemAttributes }: Model) {
  const { items } = recommender;
  const scores = new Float64Array(items.size);
  return (history: Parameters<Model['recommender']['score']>[0], seen: ReadonlySet<string>): unknown[] => {
    if (!recommender.score(history, scores)) popularity.score([], scores);
    const { best } = answerOf(scores, -1, (item) => seen.has(items.ids[item]!));
    return predictionValues(best, itemAttributes);
  };
}
