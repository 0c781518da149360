/** Trains one model: judges it on the newest events, then fits it to all of them. */
import { backtestTogether, type BacktestResult } from '../shared/learning/backtest.ts';
import { LikenessError } from '../shared/errors.ts';
import type { TrainingSet } from '../shared/learning/event-table.ts';
import {
  blendModel,
  entriesKept,
  fitTogether,
  type FitOptions,
  type Fitted,
  type Assessed,
} from '../shared/learning/fit.ts';
import { codeVersion, type ManifestDetails } from '../shared/learning/manifest.ts';
import type { Model } from '../shared/learning/model.ts';
import type { Blend } from '../shared/learning/blend.ts';
import type { ModelInputs } from '../shared/learning/model-inputs.ts';
import type { RankerData } from '../shared/learning/ranker/fit-ranker.ts';
import { continueRanker } from '../shared/learning/ranker/in-training.ts';
import { judgeHeads } from '../shared/learning/ranker/judge-heads.ts';
import type { Ranker } from '../shared/learning/ranker/ranker.ts';
import { encodeTrials, rankerReport, trialsFile } from '../shared/learning/ranker/report.ts';
import { recommenderOf } from '../shared/learning/ranker/stage.ts';
import type { ModelKind, Recommender } from '../shared/learning/recommender.ts';
import type { Team } from '../shared/learning/team.ts';

/** How many are recommended when a model is judged. */
const k = 10;

export interface TrainOptions extends FitOptions {
  /** Share of the events, the newest, that judges the model; as many before them choose its weights. */
  readonly holdout: number;
  readonly minEvents: number;
  readonly onProgress: (phase: string) => void;
  /** Whoever shares the run. */
  readonly team: Team;
}

export interface TrainedModel {
  readonly model: Model;
  /** By which the gate judges it: the same model, fitted to the events before a moment (milliseconds since 1970) alone. */
  readonly twin?: { readonly model: Model; readonly before: number };
  /** Bytes of `baseline.json`, with which the model is compared while it serves. */
  readonly baseline?: Uint8Array | undefined;
  /** Further files of the artifact, for people. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** What the manifest says of the model itself. */
  readonly facts: Pick<
    ManifestDetails,
    'kind' | 'model' | 'codeVersion' | 'featureSchema' | 'events' | 'profiles' | 'items' | 'metrics' | 'report'
  >;
}

/**
 * undefined where another worker is the first, which has the model. Throws `BadData`, at each of them, if there are fewer
 * than `minEvents` steps, or only one item.
 */
export async function trainModel(set: TrainingSet, options: TrainOptions): Promise<TrainedModel | undefined> {
  const { inputs, onProgress, team } = options;
  checkEnough(set, options);
  const protocol = { protocol: 'time-split', k, fraction: options.holdout } as const;
  const judged = await backtestTogether(set, { ...options, ...protocol }, team);
  onProgress('fitting to all events');
  const fitted = await fitTogether(set.sequences, set.items, options, { team, step: `${inputs.name}.all` });
  const kind = judged?.ranker?.kind ?? 'blend';
  const further = { train: set.sequences, set, told: { team, step: `${inputs.name}.all` } };
  const continued = await continueRanker(
    { ...further, chosen: kind === 'blend' ? undefined : judged?.ranker },
    options,
  );
  if (judged === undefined || fitted === undefined) return undefined;
  const recommender = withRanker(blendModel(fitted, judged.weights), judged, continued?.ranker);
  return {
    model: { recommender, popularity: fitted.popularity, itemAttributes: set.attributes },
    twin: twinOf(judged, set),
    ...(judged.ranker && { files: new Map([[trialsFile, encodeTrials(judged.ranker)]]) }),
    facts: {
      kind: recommender.kind,
      model: inputs.name,
      codeVersion,
      featureSchema: inputs.schema,
      events: set.totals.events,
      profiles: set.totals.profiles,
      items: set.items.size,
      metrics: { ...metricsOf(judged, kind), ...headMetrics(judged, continued?.data, inputs) },
      report: reportOf(judged, fitted, options),
    },
  };
}

function checkEnough({ items, totals: { events } }: TrainingSet, { inputs, minEvents }: TrainOptions): void {
  if (events >= minEvents && items.size >= 2) return;
  throw new LikenessError(
    'BadData',
    `Model ${inputs.name}: ${events} events of ${items.size} items are too few to learn from; it takes at least ` +
      `${minEvents} (spec.training.minEvents) of 2 items`,
  );
}

function withRanker(blend: Blend, { ranker: chosen }: BacktestResult, ranker: Ranker | undefined): Recommender {
  return chosen && ranker ? recommenderOf(chosen.kind, blend, ranker, chosen.weight) : blend;
}

/** A time split always has a cut. */
function twinOf(judged: BacktestResult, { attributes }: TrainingSet) {
  const { fitted, weights, testFrom } = judged;
  const recommender = withRanker(blendModel(fitted, weights), judged, judged.ranker?.ranker);
  return { model: { recommender, popularity: fitted.popularity, itemAttributes: attributes }, before: testFrom! };
}

/** The chosen one's metrics by their names, those of its rivals behind the rival's name. */
export function metricsOf(
  { models }: { readonly models: readonly Assessed[] },
  chosen: ModelKind,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const model of models) {
    const prefix = model.kind === chosen ? '' : `${model.kind}.`;
    metrics[`${prefix}recall@${k}`] = model.recall;
    metrics[`${prefix}ndcg@${k}`] = model.ndcg;
    metrics[`${prefix}mrr@${k}`] = model.mrr;
    metrics[`${prefix}coverage`] = model.coverage;
    metrics['questions'] = model.queries;
  }
  return metrics;
}

/** Of the ranker that had seen nothing of the hold-out, whether or not it was chosen. */
function headMetrics(
  { ranker, testFrom }: BacktestResult,
  data: RankerData | undefined,
  { ranker: settings }: ModelInputs,
): Record<string, number> {
  if (ranker === undefined || data === undefined || settings === undefined) return {};
  // A time split always has a cut.
  return judgeHeads(ranker.ranker, data, { heads: settings.heads, from: testFrom! });
}

function reportOf({ weights, ranker }: BacktestResult, { ease, seconds }: Fitted, { inputs, holdout }: TrainOptions) {
  return {
    protocol: `time-split, last ${holdout} of the events; full catalogue, seen items masked, ties pessimistic`,
    srWeight: weights.srWeight,
    decay: weights.decay,
    window: inputs.window,
    regularization: inputs.regularization,
    easeItems: ease.items,
    entriesKept,
    easeMassKept: ease.massKept,
    ...(ranker && rankerReport(ranker)),
    srSeconds: seconds.sr,
    easeSeconds: seconds.ease,
  };
}
