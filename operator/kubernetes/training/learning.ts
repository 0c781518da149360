/** Training and promotion in one pass over a pipeline: what its status says of both. */
import type { ConditionType, ModelStatus, PipelineStatus } from '../../../crds/status.ts';
import type { Gate } from '../../gate.ts';
import type { ConditionVerdict, LearningObserved, TopicsObserved } from '../../status.ts';
import { topicName } from '../../topics.ts';
import type { ModelsKeeper, WantedModels } from './models-keeper.ts';
import { decidePromotions, type Promotions } from './promotions.ts';
import type { TrainingInput, Trainings } from './training.ts';

export interface LearningDeps {
  readonly trainings: Pick<Trainings, 'pass'>;
  readonly models: Pick<ModelsKeeper, 'look' | 'announce'>;
  readonly gate: Gate;
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
  const { plan, spec, topics, wanted, pipeline } = input;
  if (spec.models.length === 0) return { observed: nothingLearned, until: undefined, isBusy: false };
  const isReadable = topics.outcome === 'Ready';
  const records = isReadable ? topics.written?.[topicName(plan.pipeline, 'events-clean')] : undefined;
  const training = await deps.trainings.pass(key, { ...input, records });
  const hint = `${topics.written?.[wanted.topic]} ${training.hint}`;
  const { standings, problem } = isReadable
    ? deps.models.look(key, wanted, hint)
    : { standings: undefined, problem: '' };
  const wish = pipeline.metadata.annotations?.[promoteAnnotation];
  const promotions =
    standings &&
    decidePromotions({
      now: deps.now(),
      spec,
      previous: pipeline.status,
      standings,
      wish: wish === undefined || wish === '' ? undefined : wish.slice(0, 128),
      gate: deps.gate,
    });
  if (!plan.suspended)
    for (const announcement of promotions?.announcements ?? []) deps.models.announce(key, wanted, announcement);
  const waits = [training.until, promotions?.until].filter((at) => at !== undefined);
  return {
    observed: {
      training: training.status,
      trainingFailure: training.failure,
      models: promotions?.models ?? modelsIn(pipeline.status),
      verdicts: verdictsOn(promotions, problem, pipeline.status),
    },
    until: waits.length > 0 ? Math.min(...waits) : undefined,
    isBusy: training.isActive || standings === undefined || (promotions?.announcements.length ?? 0) > 0,
  };
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
