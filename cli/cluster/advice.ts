/** What is wrong with a pipeline and what to do about it, from its conditions. Pure. */
import type { Condition, ConditionType } from '../../crds/status.ts';
import type { PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';

export interface Problem {
  /** One sentence or more. */
  readonly text: string;
  /** Commands and sentences, in the order in which they help. */
  readonly advice: readonly string[];
}

/** What these say is good, and what the others say is bad, when it is True. */
const good = new Set<ConditionType>([
  'SpecValid',
  'TopicsReady',
  'StagesReady',
  'ServingReady',
  'ModelReady',
  'IngestDrained',
]);
/** Ready repeats what the first of the others says; something that moves is not wrong. */
const silent = new Set<ConditionType>(['Ready', 'Progressing']);
/** That a first training is still to come is said where models and trainings are; that it failed is Degraded. */
const noModel = 'NoModel';

export function problemsOf(pipeline: PipelineObject): Problem[] {
  const { metadata, status } = pipeline;
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return [unseen];
  if (metadata.deletionTimestamp !== undefined) return deleting(conditions);
  const bad = conditions.filter((condition) => !silent.has(condition.type) && isBad(condition));
  const isPaused = bad.some(({ type }) => type === 'Paused');
  const once = new Map(bad.map((condition) => [condition.message, problemOf(condition, pipeline)]));
  return [...(isPaused || isCurrent(pipeline) ? [] : [stale(pipeline)]), ...once.values()];
}

const isBad = ({ type, status, reason }: Condition): boolean =>
  good.has(type) ? status !== 'True' && reason !== noModel : status === 'True';

const isCurrent = ({ metadata, status }: PipelineObject): boolean =>
  metadata.generation === undefined || metadata.generation === status?.observedGeneration;

const operatorLabels = 'app.kubernetes.io/name=likeness,app.kubernetes.io/component=operator';

const unseen: Problem = {
  text: 'No operator has looked at it yet.',
  advice: [`kubectl get pods -A -l ${operatorLabels}`, 'One that is limited to namespaces must be told of this one.'],
};

const stale = ({ metadata, status }: PipelineObject): Problem => ({
  text: `The operator has acted upon generation ${status?.observedGeneration ?? 'none'} of the spec, not yet upon ${metadata.generation}.`,
  advice: [`kubectl get pods -A -l ${operatorLabels}`],
});

function deleting(conditions: readonly Condition[]): Problem[] {
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready?.reason === 'Deleting' ? [{ text: `It is being deleted: ${ready.message}`, advice: [] }] : [];
}

function problemOf({ type, reason, message }: Condition, pipeline: PipelineObject): Problem {
  const name = type === reason ? type : `${type}, ${reason}`;
  return { text: `${name}: ${message}`, advice: advices[reason]?.(pipeline) ?? [] };
}

/** By reason; messages that say themselves what to do have none. */
const advices: Readonly<Record<string, (pipeline: PipelineObject) => string[]>> = {
  SpecRefused: () => ['likeness validate FILE names every error with its line; the last good spec keeps running.'],
  NotReady: behindCommands,
  Failing: behindCommands,
  StageFailing: behindCommands,
  NotCreated: () => ['Something else must come first: see the other lines.'],
  ApplyFailed: () => ['It is tried again. If a policy or a quota of the cluster refuses it, change that or the spec.'],
};

function behindCommands({ metadata, status }: PipelineObject): string[] {
  const stages = (status?.stages ?? []).filter(({ desired = 0, ready = 0 }) => ready < desired).map(({ name }) => name);
  const { replicas = 0, readyReplicas = 0 } = status?.serving ?? {};
  const behind = readyReplicas < replicas ? [...stages, 'serving'] : stages;
  return behind.flatMap((stage) => {
    const pods = `-n ${metadata.namespace} -l likeness.dev/pipeline=${metadata.name},app.kubernetes.io/component=${stage}`;
    return [`kubectl describe pods ${pods}`, `kubectl logs ${pods} --tail=50`];
  });
}
