/** The model of an incremental training, and what its manifest says of it. */
import { blendModel, entriesKept, type BlendWeights, type Fitted } from '../../shared/learning/fit.ts';
import type { TrainingSet } from '../../shared/learning/event-table.ts';
import type { SummedItems } from '../../shared/learning/incremental/fit-sums.ts';
import { codeVersion } from '../../shared/learning/manifest.ts';
import type { Model } from '../../shared/learning/model.ts';
import type { Replayed } from '../replay.ts';
import { metricsOf, type TrainedModel } from '../train-model.ts';
import type { Begun } from './begin.ts';
import type { JudgedOld, Old } from './judge-old.ts';

export interface SumsTrained {
  readonly trained: TrainedModel;
  /** The questions that judged, as a set, for what else is to be known of the answers. */
  readonly set: TrainingSet;
  readonly replayed: Replayed;
}

interface Finishing {
  readonly begun: Begun;
  readonly known: SummedItems;
  readonly fitted: Fitted;
  readonly old: Old | undefined;
  readonly judged: JudgedOld | undefined;
  readonly weights: BlendWeights;
  readonly replayed: Replayed;
  readonly seconds: number;
}

export function finished(all: Finishing): SumsTrained {
  const { begun, known, fitted, old, judged, weights, replayed } = all;
  const { inputs } = begun.sums;
  const model = modelOf(known, fitted, weights);
  const twin = old && { model: modelOf(old.known, old.fitted, weights), before: old.before };
  const facts = {
    kind: model.recommender.kind,
    model: inputs.name,
    codeVersion,
    featureSchema: inputs.schema,
    events: begun.sums.events,
    profiles: personsOf(begun),
    items: known.items.size,
    metrics: judged ? metricsOf(judged, 'blend') : {},
    report: reportOf(all),
  };
  return { trained: { model, ...(twin && { twin }), facts }, set: setOf(all), replayed };
}

function modelOf(known: SummedItems, fitted: Fitted, weights: BlendWeights): Model {
  const recommender = blendModel(fitted, weights);
  return { recommender, popularity: fitted.popularity, itemAttributes: known.attributes };
}

function personsOf({ sums: { persons, histories } }: Begun): number {
  let count = 0;
  for (const person of persons.persons()) if (histories.has(person)) count++;
  return count;
}

function reportOf({ begun, fitted: { ease, seconds }, weights, replayed, seconds: took }: Finishing) {
  const { sums, refit } = begun;
  return {
    protocol:
      'prequential: a model of the events before is asked for each new basket; weights by the earlier half, judged on ' +
      'the later; full catalogue, seen items masked, ties pessimistic',
    srWeight: weights.srWeight,
    decay: weights.decay,
    window: sums.inputs.window,
    regularization: sums.inputs.regularization,
    easeItems: ease.items,
    entriesKept,
    easeMassKept: ease.massKept,
    refresh: refit === undefined ? 'added what was new to the sums of the last training' : `read everything: ${refit}`,
    linesRead: replayed.lines,
    trainSeconds: took,
    sumsBeyond: sums.inexact.beyond,
    sumsJoins: sums.inexact.joins,
    sumsMoved: sums.inexact.moved,
    srSeconds: seconds.sr,
    easeSeconds: seconds.ease,
  };
}

/** In the numbers of the model that was asked. */
function setOf({ begun, known, old, judged }: Finishing): TrainingSet {
  const { items, popularity, attributes } = old?.known ?? known;
  const totals = { events: begun.sums.events, profiles: personsOf(begun) };
  const none = {
    starts: new Uint32Array(1),
    items: new Uint32Array(),
    times: new Float64Array(),
    targets: new Uint8Array(),
  };
  return {
    items,
    popularity,
    attributes,
    sequences: judged?.asked.sequences ?? none,
    owners: new Uint32Array(),
    totals,
  };
}
