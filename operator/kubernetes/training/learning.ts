/** Training and promotion in one pass over a pipeline: what its status says of both. */
import type { ConditionType, ModelStatus, PipelineStatus } from '../../../crds/status.ts';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import { lookAtTrial, type TrialSeen } from '../../alarms.ts';
import { notingGate, type Gate } from '../../gate.ts';
import type { ConditionVerdict, LearningObserved, TopicsObserved } from '../../status.ts';
import { trialQualityIn } from '../../trial-quality.ts';
import { isTrial } from '../../../services/shared/model-stream.ts';
import { topicName } from '../../topics.ts';
import type { Standings } from '../../model-standings.ts';
import type { Gates } from './gates.ts';
import type { ModelsKeeper, ModelsState, WantedModels } from './models-keeper.ts';
import { decidePromotions, type Promotions } from '../../promotions.ts';
import type { Reports } from './reports.ts';
import type { TrainingInput, TrainingObserved, Trainings } from './training.ts';

export interface LearningDeps {
  readonly trainings: Pick<Trainings, 'pass'>;
  readonly models: Pick<ModelsKeeper, 'look' | 'announce'>;
  readonly gate: Gate;
  readonly gates: Pick<Gates, 'hintOf' | 'want'>;
  readonly reports: Pick<Reports, 'backfillOf' | 'driftOf' | 'forgetTrials' | 'trialOf'>;
  readonly now: () => number;
}

export interface LearningInput extends Omit<TrainingInput, 'records'> {
  readonly topics: TopicsObserved;
  readonly wanted: WantedModels;
}

export interface LearningPass {
  readonly observed: LearningObserved;
  /** To look again then, milliseconds since 1970; undefined: whenever something else is to be looked at. */
  readonly until: number | undefined;
  /** A run, or a trial, is under way. */
  readonly isBusy: boolean;
}

const promoteAnnotation = 'likeness.dev/promote';

export async function passOverLearning(deps: LearningDeps, key: string, input: LearningInput): Promise<LearningPass> {
  const { spec, pipeline } = input;
  if (spec.models.length === 0) return { observed: nothingLearned, until: undefined, isBusy: false };
  const training = await deps.trainings.pass(key, { ...input, records: recordsIn(input) });
  const hint = `${training.hint} ${deps.gates.hintOf(key)}`.trimEnd();
  const { standings, problem } = lookAtModels(deps, key, { input, hint });
  const { gate, asked: requests } = notingGate(deps.gate);
  const trialOf = (model: string) => trialIn(deps, key, { model, standings, spec });
  const promotions = standings && promote({ ...deps, gate, trialOf }, input, standings);
  await deps.gates.want(key, { plan: input.plan, options: input.options, requests });
  const announces = announceAll(deps, key, { input, promotions });
  if (!announces && isWithoutTrial(standings)) await deps.reports.forgetTrials(key);
  return {
    observed: {
      ...observedOf(training, promotions, { pipeline, problem }),
      backfill: deps.reports.backfillOf(key),
    },
    until: earliest(training.until, promotions?.until),
    isBusy: training.isActive || standings === undefined || announces || requests.length > 0,
  };
}

function observedOf(
  training: TrainingObserved,
  promotions: Promotions | undefined,
  { pipeline, problem }: Pick<LearningInput, 'pipeline'> & Pick<ModelsState, 'problem'>,
): LearningObserved {
  return {
    training: training.status,
    trainingFailure: training.failure,
    gateSilence: promotions?.silence,
    models: promotions?.models ?? modelsIn(pipeline.status),
    drift: training.drift?.status,
    verdicts: {
      ...verdictsOn(promotions, problem, pipeline.status),
      ...(training.drift && { DriftDetected: training.drift.verdict }),
    },
  };
}

/** Nothing is known of a stream that has not been read. */
const isWithoutTrial = (standings: Standings | undefined): boolean =>
  standings !== undefined && ![...standings.values()].some(({ active }) => active !== undefined && isTrial(active));

/** undefined: not known, or not to be trusted now. */
function recordsIn({ topics, plan }: LearningInput): number | undefined {
  return topics.outcome === 'Ready' ? topics.written?.[topicName(plan.pipeline, 'events-clean')] : undefined;
}

function announceAll(
  { models }: LearningDeps,
  key: string,
  { input, promotions }: { readonly input: LearningInput; readonly promotions: Promotions | undefined },
): boolean {
  const announcements = input.plan.suspended ? [] : (promotions?.announcements ?? []);
  for (const announcement of announcements) models.announce(key, input.wanted, announcement);
  return announcements.length > 0;
}

/** `hint` changes when a run may have left a candidate, the count of the stream when anybody may have. */
function lookAtModels(
  { models }: LearningDeps,
  key: string,
  { input, hint }: { readonly input: LearningInput; readonly hint: string },
): ModelsState {
  const { topics, wanted } = input;
  if (topics.outcome !== 'Ready') return { standings: undefined, problem: '' };
  // Nobody has ever written to it: there is nothing to read.
  if (topics.written?.[wanted.topic] === 0) return { standings: new Map(), problem: '' };
  return models.look(key, wanted, `${topics.written?.[wanted.topic]} ${hint}`);
}

interface Promoting extends LearningDeps {
  readonly trialOf: (model: string) => TrialSeen | undefined;
}

/** Only of a model on trial: one that answers all has nothing beside it. */
function trialIn(
  { reports }: LearningDeps,
  key: string,
  { model, standings, spec }: { model: string; standings: Standings | undefined; spec: PipelineSpec },
): TrialSeen | undefined {
  const active = standings?.get(model)?.active;
  if (active === undefined || active.canaryPercent >= 100) return undefined;
  const figures = reports.trialOf(key, model, active.generation);
  const quality = trialQualityIn(reports.driftOf(key), active);
  return lookAtTrial({ figures, quality, limits: spec.training.promotion.alarms });
}

function promote(
  { now, gate, trialOf }: Promoting,
  { spec, pipeline }: LearningInput,
  standings: Standings,
): Promotions {
  const wish = pipeline.metadata.annotations?.[promoteAnnotation]?.slice(0, 128);
  return decidePromotions({
    now: now(),
    spec,
    previous: pipeline.status,
    standings,
    wish: wish || undefined,
    gate,
    trialOf,
  });
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

const nothingLearned: LearningObserved = { training: undefined, trainingFailure: undefined, models: [], verdicts: {} };

function modelsIn(status: PipelineStatus | undefined): readonly ModelStatus[] {
  return [...(status?.model ? [status.model] : []), ...(status?.otherModels ?? [])];
}

function verdictsOn(
  promotions: Promotions | undefined,
  problem: string,
  previous: PipelineStatus | undefined,
): Partial<Record<ConditionType, ConditionVerdict>> {
  const models = promotions?.models ?? modelsIn(previous);
  return { ModelReady: modelReady(models, promotions !== undefined, problem), PromotionHeld: promotionHeld(models) };
}

function modelReady(models: readonly ModelStatus[], isKnown: boolean, problem: string): ConditionVerdict {
  const missing = models.filter(({ active }) => active === undefined);
  const trouble = problem === '' ? '' : ` The stream models cannot be read or written: ${problem}.`;
  if (!isKnown && models.length === 0)
    return { status: 'Unknown', reason: 'Checking', message: `The stream models is being read.${trouble}` };
  if (missing.length > 0) {
    const text = missing.map(({ name, message }) => `${name}: ${message ?? 'no model yet'}`).join(' ');
    return { status: 'False', reason: 'NoModel', message: `${text}${trouble}` };
  }
  const text = models.map(({ name, message }) => `${name}: ${message ?? ''}`).join(' ');
  return { status: 'True', reason: 'InService', message: `${text}${trouble}` };
}

function promotionHeld(models: readonly ModelStatus[]): ConditionVerdict {
  const held = models.filter(({ phase }) => phase === 'Held');
  if (held.length === 0)
    return { status: 'False', reason: 'NotHeld', message: 'Candidates that pass the gate are promoted.' };
  const message = held.map((model) => `${model.name}: ${model.message ?? ''}`).join(' ');
  return { status: 'True', reason: 'Refusals', message };
}
