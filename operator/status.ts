/** What was observed → the status of a ProfilePipeline. Pure. */
import type { DriftStatus } from '../crds/drift.ts';
import type {
  BackfillStatus,
  Condition,
  ConditionType,
  ModelStatus,
  PipelineStatus,
  StageStatus,
  TrainingStatus,
} from '../crds/status.ts';
import { removeCondition, setCondition, type Condition as RuntimeCondition } from './kubernetes/runtime/conditions.ts';
import type { ServiceName } from './plan.ts';

/** One stage's workload as the cluster shows it. */
export interface StageObserved {
  readonly name: ServiceName;
  readonly desired: number;
  readonly ready: number;
  readonly image: string | undefined;
  /** Why it is not ready, in words for a person. */
  readonly reasons: readonly string[];
  /** It will not become ready by waiting. */
  readonly failed: boolean;
}

export interface TopicsObserved {
  readonly outcome: 'Checking' | 'Ready' | 'Refused' | 'Unreachable';
  readonly message: string;
  readonly lag: Readonly<Record<string, number>>;
  /** By topic: what was ever written to it. */
  readonly written?: Readonly<Record<string, number>>;
}

/** Trainings and models of a pipeline; a pipeline without models has none of it. */
export interface LearningObserved {
  readonly training: TrainingStatus | undefined;
  /** Why the last training failed. */
  readonly trainingFailure: string | undefined;
  /** What a gate has been waited for too long, since when, and what to do. */
  readonly gateSilence?: string | undefined;
  /** In the order of the spec. */
  readonly models: readonly ModelStatus[];
  /** undefined: no model is watched. */
  readonly drift?: DriftStatus | undefined;
  /** undefined: no feature is backfilled. */
  readonly backfill?: BackfillStatus | undefined;
  readonly verdicts: Partial<Record<ConditionType, ConditionVerdict>>;
}

/** The write-ahead logs of ingest. */
export interface LogsObserved {
  /** undefined: there are none. */
  readonly verdict: ConditionVerdict | undefined;
}

/** Why a spec is not acted upon. */
export interface SpecRefusal {
  readonly reason: 'SpecRefused' | 'NeedsKafka' | 'NeedsRedis';
  readonly message: string;
}

export interface StatusInput {
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly operatorVersion: string;
  readonly epoch: number;
  readonly previous: PipelineStatus | undefined;
  readonly refusal: SpecRefusal | undefined;
  readonly suspended: boolean;
  /** undefined: nothing has been asked of Kafka, because no spec was ever valid. */
  readonly topics: TopicsObserved | undefined;
  /** Why the cluster did not take what was rendered. */
  readonly applyFailure: string | undefined;
  readonly stages: readonly StageObserved[];
  /** undefined: not looked at; what was known stays. */
  readonly learning?: LearningObserved | undefined;
  /** undefined: not looked at; what was known stays. */
  readonly logs?: LogsObserved | undefined;
  readonly serving: { readonly url: string; readonly selector: string };
}

export type ConditionVerdict = Pick<Condition, 'status' | 'reason' | 'message'>;
type Verdict = ConditionVerdict;

const verdict = (status: Condition['status'], reason: string, message: string): Verdict => ({
  status,
  reason,
  message,
});

/** What Ready is derived from, in the order in which a problem is to be looked at. */
const dependents = ['SpecValid', 'TopicsReady', 'StagesReady', 'ServingReady'] as const;

export function computeStatus(input: StatusInput): PipelineStatus {
  const { previous, topics } = input;
  const verdicts: Partial<Record<ConditionType, Verdict>> = {
    SpecValid: specValid(input),
    TopicsReady: topicsReady(input),
    StagesReady: stagesReady(input),
    ServingReady: servingReady(input),
    Progressing: progressing(input),
    Degraded: degraded(input),
    ...input.learning?.verdicts,
    ...(input.logs?.verdict && { IngestDrained: input.logs.verdict }),
  };
  const Ready = ready(verdicts);
  const serving = input.stages.find(({ name }) => name === 'serving');
  return {
    ...previous,
    observedGeneration: input.generation,
    operatorVersion: input.operatorVersion,
    epoch: input.epoch,
    conditions: conditionsOf(input, { Ready, ...verdicts }),
    ...(input.learning && learned(input.learning)),
    ...(topics && hasLag(topics) && { lag: String(Math.max(0, ...Object.values(topics.lag))) }),
    stages: input.stages.filter(({ name }) => name !== 'serving').map((stage) => stageStatus(stage, input)),
    serving: { ...input.serving, replicas: serving?.desired ?? 0, readyReplicas: serving?.ready ?? 0 },
  };
}

function conditionsOf(input: StatusInput, verdicts: Partial<Record<ConditionType, Verdict>>): Condition[] {
  let conditions: readonly RuntimeCondition[] = removeCondition(withConditions(input, verdicts), 'Paused');
  if (input.learning?.models.length === 0 && input.learning.training === undefined)
    for (const type of ['ModelReady', 'PromotionHeld']) conditions = removeCondition(conditions, type);
  if (input.learning !== undefined && input.learning.drift === undefined)
    conditions = removeCondition(conditions, 'DriftDetected');
  if (input.logs !== undefined && input.logs.verdict === undefined)
    conditions = removeCondition(conditions, 'IngestDrained');
  return conditions as Condition[];
}

/** What is undefined is taken away from a status. */
function learned({
  training,
  drift,
  backfill,
  models: [model, ...otherModels],
}: LearningObserved): Partial<PipelineStatus> {
  return {
    training,
    drift,
    backfill,
    model,
    otherModels: otherModels.length > 0 ? (otherModels as PipelineStatus['otherModels']) : undefined,
  };
}

/** Reconciling has stopped: nothing but that is said, and `observedGeneration` stays. */
export function pausedStatus(previous: PipelineStatus | undefined, generation: number, now: number): PipelineStatus {
  const message = 'The annotation likeness.dev/paused stops the operator; remove it to go on.';
  const Paused = verdict('True', 'Annotation', message);
  return { ...previous, conditions: withConditions({ previous, generation, now }, { Paused }) };
}

/** The pipeline is being deleted; `message` says what is still to be done, `logs` what of its logs is. */
export function deletingStatus(
  previous: PipelineStatus | undefined,
  at: {
    readonly generation: number;
    readonly now: number;
    readonly message: string;
    readonly logs?: ConditionVerdict | undefined;
  },
): PipelineStatus {
  const Ready = verdict('False', 'Deleting', at.message);
  return {
    ...previous,
    conditions: withConditions({ previous, ...at }, { Ready, ...(at.logs && { IngestDrained: at.logs }) }),
  };
}

function specValid({ refusal }: StatusInput): Verdict {
  if (refusal === undefined) return verdict('True', 'Valid', 'The spec is valid.');
  return verdict('False', refusal.reason, refusal.message);
}

function topicsReady({ topics, previous, generation }: StatusInput): Verdict {
  if (topics === undefined) return verdict('Unknown', 'NoValidSpec', 'There has been no valid spec yet.');
  if (topics.outcome === 'Ready') return verdict('True', 'Ready', 'All topics are as they are wanted.');
  if (topics.outcome === 'Checking')
    return knownBefore(previous, generation) ?? verdict('Unknown', 'Checking', 'Topics are being looked at.');
  const [reason, advice] =
    topics.outcome === 'Refused'
      ? [
          'TopicsRefused',
          'Mend the topics, or in the spec kafka.replicationFactor, minInsyncReplicas, partitions or retention.',
        ]
      : ['BrokerUnreachable', 'Check kafka.bootstrapServers, the network and the credentials; it is tried again.'];
  return verdict('False', reason, `${topics.message}. ${advice}`);
}

/** An operator that has just started has asked nobody yet: what the one before it found out of this spec holds on. */
function knownBefore(previous: PipelineStatus | undefined, generation: number): Verdict | undefined {
  const found = previous?.conditions?.find(({ type }) => type === 'TopicsReady');
  return found?.observedGeneration === generation ? verdict(found.status, found.reason, found.message) : undefined;
}

const hasLag = ({ lag }: TopicsObserved): boolean => Object.keys(lag).length > 0;

function stagesReady(input: StatusInput): Verdict {
  const stages = input.stages.filter(({ name }) => name !== 'serving');
  return workloadsReady(input, stages, 'All stages are ready.');
}

function servingReady(input: StatusInput): Verdict {
  const serving = input.stages.filter(({ name }) => name === 'serving');
  return workloadsReady(input, serving, 'Serving answers.');
}

function workloadsReady(input: StatusInput, stages: readonly StageObserved[], well: string): Verdict {
  if (input.suspended) return verdict('False', 'Suspended', 'spec.suspend is true; set it to false to go on.');
  if (stages.length === 0) return verdict('Unknown', 'NotCreated', 'Nothing has been created yet.');
  const behind = stages.filter(isBehind);
  if (behind.length === 0) return verdict('True', 'Ready', well);
  return verdict(
    'False',
    behind.some(({ failed }) => failed) ? 'Failing' : 'NotReady',
    behind.map(shortage).join('; '),
  );
}

const isBehind = ({ ready: there, desired, failed }: StageObserved): boolean => there < desired || failed;

function shortage({ name, desired, ready: there, reasons }: StageObserved): string {
  const why = reasons.length > 0 ? `: ${reasons.join(', ')}` : '';
  return `${name} has ${there} of ${desired} replicas ready${why}`;
}

function progressing({ applyFailure, suspended, stages }: StatusInput): Verdict {
  const behind = stages.filter((stage) => isBehind(stage) && !stage.failed);
  if (suspended || applyFailure !== undefined || behind.length === 0)
    return verdict('False', 'Settled', 'Nothing is being rolled out.');
  return verdict('True', 'RollingOut', `Waiting for ${behind.map(({ name }) => name).join(', ')}.`);
}

function degraded({ applyFailure, stages, learning }: StatusInput): Verdict {
  if (applyFailure !== undefined) return verdict('True', 'ApplyFailed', applyFailure);
  const failing = stages.filter(({ failed }) => failed);
  if (failing.length > 0) return verdict('True', 'StageFailing', failing.map(shortage).join('; '));
  const failure = learning?.trainingFailure;
  const silence = learning?.gateSilence;
  if (failure === undefined)
    return silence === undefined
      ? verdict('False', 'Healthy', 'Nothing has failed.')
      : verdict('True', 'GateSilent', silence);
  const rest = learning?.models.some(({ active }) => active) ? ' The model in service goes on answering.' : '';
  return verdict('True', 'TrainingFailed', `${failure}${rest} It is tried again later, or by likeness retrain.`);
}

/** False beats Unknown; the first in the order of `dependents` gives the reason. */
function ready(verdicts: Partial<Record<ConditionType, Verdict>>): Verdict {
  for (const status of ['False', 'Unknown'] as const)
    for (const type of dependents) {
      const found = verdicts[type]!;
      if (found.status === status) return verdict(status, found.reason, found.message);
    }
  return verdict('True', 'Ready', 'Events become profiles, and serving answers.');
}

/** Conditions of others stay. */
function withConditions(
  { previous, generation, now }: Pick<StatusInput, 'previous' | 'generation' | 'now'>,
  verdicts: Partial<Record<ConditionType, Verdict>>,
): Condition[] {
  let conditions: readonly RuntimeCondition[] = previous?.conditions ?? [];
  for (const [type, found] of Object.entries(verdicts))
    conditions = setCondition(conditions, { type, ...found, observedGeneration: generation }, now);
  return conditions as Condition[];
}

function stageStatus(
  { name, desired, ready: there, image }: StageObserved,
  { topics, previous }: StatusInput,
): StageStatus {
  const before = previous?.stages?.find((stage) => stage.name === name);
  const consumerLag = topics === undefined || hasLag(topics) ? topics?.lag[name] : before?.consumerLag;
  return {
    name: name as StageStatus['name'],
    desired,
    ready: there,
    ...(image !== undefined && { image }),
    ...(consumerLag !== undefined && { consumerLag }),
  };
}
