/** One pass over one pipeline: read → plan → render → apply → prune → observe → status. Nothing here waits for Kafka. */
import type { Logger } from 'pino';
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { describeError, LikenessError } from '../../services/shared/errors.ts';
import type { Defaults } from '../config.ts';
import type { Gate } from '../gate.ts';
import type { Plan } from '../plan.ts';
import { pausedStatus, type SpecRefusal, type TopicsObserved } from '../status.ts';
import type { Children } from './children.ts';
import { finalizePipeline, forget, hasFinalizer, keepFinalizer } from './finalizer.ts';
import { passOverLogs, type LogsPass } from './ingest-log/pass.ts';
import { KnownPipelines } from './known-pipelines.ts';
import { lastGoodSpec, markGoodSpec } from './last-good-spec.ts';
import { observePipeline } from './observe-pipeline.ts';
import { ensureOwnSecrets } from './own-secrets.ts';
import { planOf } from './plan-of.ts';
import { pruneChildren } from './prune.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { renderingOf, type KubernetesObject, type RenderOptions } from './render/rendering.ts';
import type { Rested } from './rested.ts';
import type { Api } from './runtime/api.ts';
import type { Applied, Applier } from './runtime/apply.ts';
import type { ReconcileResult } from './runtime/controller.ts';
import type { EventRecorder } from './runtime/events.ts';
import type { Informer } from './runtime/informer.ts';
import type { Timing } from './runtime/timing.ts';
import type { TopicsKeeper, WantedTopics } from './topics-keeper.ts';
import { passOverLearning, type LearningPass } from './training/learning.ts';
import type { Gates } from './training/gates.ts';
import type { ModelsKeeper, WantedModels } from './training/models-keeper.ts';
import type { Reports } from './training/reports.ts';
import type { Trainings } from './training/training.ts';
import { waitsForTopics } from './waits-for-topics.ts';
import { writeStatus } from './write-status.ts';

export interface ReconcileDeps {
  readonly api: Api;
  readonly applier: Applier;
  readonly children: Children;
  readonly pipelines: Pick<Informer<PipelineObject>, 'get'>;
  readonly rested: Rested;
  readonly topics: TopicsKeeper;
  readonly models: ModelsKeeper;
  readonly trainings: Trainings;
  readonly reports: Pick<Reports, 'backfillOf' | 'driftOf' | 'forgetTrials' | 'logsOf' | 'trialOf'>;
  readonly gate: Gate;
  readonly gates: Gates;
  readonly events: EventRecorder;
  /** Between two looks at rest: lag moves without any event of the cluster. */
  readonly restMs: number;
  readonly timing: Timing;
  readonly logger: Logger;
  /** What a pipeline gets that names no Kafka or no Redis. */
  readonly defaults: Defaults;
  /** Release, images and capabilities; what differs by pipeline is added. */
  readonly release: Omit<RenderOptions, 'spec' | 'uid'>;
  /** How this plan's Kafka is reached. */
  readonly wantedTopics: (plan: Plan, spec: PipelineSpec) => WantedTopics;
  readonly wantedModels: (plan: Plan, spec: PipelineSpec) => WantedModels;
}

const pausedAnnotation = 'likeness.dev/paused';

/** Between two looks while something is to change. */
const busyMs = 5000;
/** After a moment that was waited for: clocks and timers are not that exact. */
const lateMs = 100;

interface PassDeps extends ReconcileDeps {
  readonly known: KnownPipelines;
}

export function createReconcile(settings: ReconcileDeps) {
  const deps = { ...settings, known: new KnownPipelines(settings.defaults) };
  return async (key: string): Promise<ReconcileResult | void> => {
    const pipeline = deps.pipelines.get(key);
    return pipeline === undefined ? forget(deps, key) : passOver(deps, key, pipeline);
  };
}

async function passOver(deps: PassDeps, key: string, pipeline: PipelineObject): Promise<ReconcileResult | void> {
  const { annotations, deletionTimestamp, generation = 0 } = pipeline.metadata;
  if (deletionTimestamp !== undefined) return finalizePipeline(deps, key, pipeline);
  if (annotations?.[pausedAnnotation] === 'true')
    return writeStatus(deps, pipeline, pausedStatus(pipeline.status, generation, deps.timing.now()));
  return reconcile(deps, key, pipeline);
}

async function reconcile(deps: PassDeps, key: string, found: PipelineObject): Promise<ReconcileResult> {
  const read = deps.known.read(key, found);
  const spec = read.ok ? read.spec : await lastGoodSpec(deps, found);
  const refusal = read.ok ? undefined : read.refusal;
  if (spec === undefined) return settle(deps, key, { pipeline: found, refusal });
  const plan = planOf(found, spec);
  // Before anything is made outside the cluster.
  const pipeline = hasFinalizer(found) ? found : await keepFinalizer(deps.api, found);
  const wantedTopics = deps.wantedTopics(plan, spec);
  const look = () => deps.topics.look(key, wantedTopics);
  const options = { ...deps.release, spec, uid: pipeline.metadata.uid };
  const outcome = { pipeline, refusal, plan, topics: look() };
  const learn = (topics: TopicsObserved) => {
    const input = { pipeline, plan, spec, options, topics, wanted: deps.wantedModels(plan, spec) };
    return passOverLearning({ ...deps, now: () => deps.timing.now() }, key, input);
  };
  if (deps.rested.rests(key, pipeline)) return settle(deps, key, { ...outcome, learning: await learn(outcome.topics) });
  deps.rested.begin(key);
  const rendered = render(deps.known, plan, options);
  if ('refusal' in rendered) return settle(deps, key, { ...outcome, refusal: refusal ?? rendered.refusal });
  const secrets = await ensureOwnSecrets(renderingOf(plan, options), { api: deps.api, cached: deps.children.cached });
  const made = await make(deps, key, { pipeline, plan, objects: rendered.objects, look });
  const applied = [...secrets, ...made.applied];
  if (read.ok) await markGoodSpec(deps, pipeline, applied);
  await pruneChildren(deps, key, made.logs.objects, made.logs.keeps);
  return settle(deps, key, { ...outcome, ...made, applied, learning: await learn(made.topics) });
}

interface Wanted {
  readonly pipeline: PipelineObject;
  readonly plan: Plan;
  readonly objects: readonly KubernetesObject[];
  readonly look: () => TopicsObserved;
}

/** Applies what is rendered; what runs comes last, once its topics are there. */
async function make(deps: PassDeps, key: string, { look, ...input }: Wanted) {
  const logs = await passOverLogs(deps, key, input);
  const { objects } = logs;
  let topics = look();
  const later = objects.filter((object) => waitsForTopics(object, topics, { logs, ...deps }));
  const rest = await deps.applier.apply(objects.filter((object) => !later.includes(object)));
  // Mostly the topics have been made while the rest was applied.
  if (later.length > 0) topics = look();
  const last = await deps.applier.apply(later.filter((object) => !waitsForTopics(object, topics, { logs, ...deps })));
  return { logs, topics, applied: [...rest, ...last, ...logs.failed] };
}

/** What only rendering can see, such as an environment too long for a process, is the spec's fault too. */
function render(
  known: KnownPipelines,
  plan: Plan,
  options: RenderOptions,
): { objects: KubernetesObject[] } | { refusal: SpecRefusal } {
  try {
    return { objects: known.render(plan, options) };
  } catch (error) {
    if (!(error instanceof LikenessError && error.code === 'BadSpec')) throw error;
    return { refusal: { reason: 'SpecRefused', message: describeError(error) } };
  }
}

interface Outcome {
  readonly pipeline: PipelineObject;
  readonly refusal: SpecRefusal | undefined;
  readonly plan?: Plan;
  readonly topics?: TopicsObserved;
  readonly applied?: readonly Applied[];
  readonly logs?: LogsPass;
  readonly learning?: LearningPass;
}

async function settle(deps: PassDeps, key: string, outcome: Outcome): Promise<ReconcileResult> {
  const { pipeline, applied = [], learning } = outcome;
  const failures = applied.filter(({ action }) => action === 'Failed');
  const applyFailure = failures.map(({ wanted, error }) => failureText(wanted.kind, wanted.metadata.name, error))[0];
  const status = await observePipeline(deps, key, { ...outcome, applyFailure, learning: learning?.observed });
  await writeStatus(deps, pipeline, status);
  if (failures.length > 0) throw failures[0]!.error;
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  const rests = ready && ![learning, outcome.logs].some((pass) => pass?.isBusy === true);
  if (rests) layToRest(deps, key, outcome);
  const pause = rests ? deps.restMs : Math.min(busyMs, deps.restMs);
  const until = Math.max(0, (learning?.until ?? Infinity) - deps.timing.now());
  return { requeueAfterMs: Math.min(pause, until + lateMs) };
}

function layToRest({ known, rested }: PassDeps, key: string, { pipeline, logs }: Outcome): void {
  known.forget(key);
  // Who keeps a log is passed over as a whole: volumes change without an event of the pipeline's.
  if (logs !== undefined && logs.verdict === undefined) rested.end(key, pipeline);
}

const failureText = (kind: string, name: string, error: unknown): string => `${kind} ${name}: ${describeError(error)}`;
