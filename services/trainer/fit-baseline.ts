/** What a model is compared with while it serves: its inputs in the newest events, its answers at the hold-out. */
import { encodeBaseline, sketchColumns, type Baseline, type InputColumn } from '../shared/learning/drift/baseline.ts';
import type { BaselineSample } from '../shared/learning/drift/baseline-sample.ts';
import { LiveQuestions, type LiveQuestion } from '../shared/learning/drift/live-questions.ts';
import { answerOf } from '../shared/learning/drift/prequential.ts';
import { predictionInputs, predictionValues } from '../shared/learning/drift/watched-inputs.ts';
import type { TrainingSet } from '../shared/learning/event-table.ts';
import type { Model } from '../shared/learning/model.ts';
import { isFirst, type Team } from '../shared/learning/team.ts';
import type { TrainedModel } from './train-model.ts';

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
  const asked = await questionsOf(input, team);
  if (!isFirst(team) || trained === undefined) return undefined;
  return encodeBaseline(withAnswers(sample.fit(set.items), asked, trained));
}

/** Of all workers' profiles, at the first one; from the moment on that only this one knows. */
async function questionsOf({ set, trained, length, step }: BaselineInput, team: Team): Promise<LiveQuestion[]> {
  const heard = await team.hearFirst(`${step}.asked`, () => Buffer.from(String(trained?.twin?.before ?? Infinity)));
  const from = heard === undefined ? trained?.twin?.before : Number(Buffer.from(heard).toString('utf8'));
  const questions = new LiveQuestions();
  // No step is later than a moment that is none.
  questions.ask({ sequences: set.sequences, from: from ?? Infinity, length });
  await team.sendToFirst(
    `${step}.questions`,
    () => Buffer.from(JSON.stringify(questions.values())),
    (bytes) => {
      for (const one of JSON.parse(Buffer.from(bytes).toString('utf8')) as LiveQuestion[]) questions.take(one);
    },
  );
  return questions.values();
}

/** By the twin, which has seen none of these events: a model knows what it has learned from too well. */
function withAnswers(inputs: Baseline['inputs'], asked: readonly LiveQuestion[], { twin }: TrainedModel): Baseline {
  if (twin === undefined) return { inputs };
  const columns = predictionInputs.map((each): InputColumn => ({ ...each, values: [] }));
  const answer = createAnswering(twin.model);
  let [hits, popularityHits] = [0, 0];
  for (const question of asked) {
    const { hit, popularityHit, predicted } = answer(question);
    hits += Number(hit);
    popularityHits += Number(popularityHit);
    columns.forEach((column, at) => (column.values as unknown[]).push(predicted[at]));
  }
  const questions = asked.length;
  return {
    inputs: { ...inputs, ...sketchColumns(columns) },
    ...(questions > 0 && { questions, hitRate: hits / questions, popularityHitRate: popularityHits / questions }),
  };
}

function createAnswering({ recommender, popularity, itemAttributes }: Model) {
  const { items } = recommender;
  const scores = new Float64Array(items.size);
  const isKnown = (item: number): boolean => item < items.size;
  return ({ history, target }: LiveQuestion) => {
    const known = history.filter(isKnown);
    const seen = new Set(known);
    const isSeen = (item: number): boolean => seen.has(item);
    const steps = known.map((item) => ({ itemId: items.ids[item]!, type: '', time: 0 }));
    if (!recommender.score(steps, scores)) popularity.score([], scores);
    const wanted = isKnown(target) ? target : -1;
    const { best, hit } = answerOf(scores, wanted, isSeen);
    // The catalogue is in the order of all events, those of the hold-out too.
    const { hit: popularityHit } = answerOf(popularity.counts, wanted, isSeen);
    return { hit, popularityHit, predicted: predictionValues(best, itemAttributes) };
  };
}
