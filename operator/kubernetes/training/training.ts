/** Trainings of a pipeline: decides, makes the Job, watches it, and clears old ones away. One pass, without Kafka. */
import { createHash } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import type { TrainingStatus } from '../../../crds/status.ts';
import { observeDrift, type DriftObserved } from '../../drift-status.ts';
import type { Plan } from '../../plan.ts';
import { begun, decideRetrain, type RetrainDecision } from '../../retrain.ts';
import type { Children } from '../children.ts';
import { missingSecrets, waitsForVolumes } from '../missing-secrets.ts';
import type { PipelineObject } from '../read-pipeline.ts';
import { isGateJob } from '../render/gate-job.ts';
import { renderTrainingJob } from '../render/training-job.ts';
import type { RenderOptions } from '../render/rendering.ts';
import { isAlreadyExists } from '../runtime/api-error.ts';
import type { Api } from '../runtime/api.ts';
import { kinds } from '../runtime/kinds.ts';
import type { KubeObject } from '../runtime/resource.ts';
import type { Timing } from '../runtime/timing.ts';
import { describeRun, describeTraining, failureIn, runIdOf, type RunSeen } from './describe-training.ts';
import { beyondLimit, jobName, memoryOf, remember, superseded, type Remembered } from './memory.ts';
import { hasEnded, observeJob, queueOf, wholeSeconds, type TrainingJob } from './observe-job.ts';
import type { DriftVerdict, Reports } from './reports.ts';

export interface TrainingDeps {
  readonly api: Pick<Api, 'create' | 'delete' | 'mergePatch' | 'listPage' | 'find'>;
  readonly children: Pick<Children, 'of'>;
  readonly reports: Pick<Reports, 'progressOf' | 'verdictOf' | 'driftOf'>;
  readonly timing: Pick<Timing, 'now'>;
}

export interface TrainingInput {
  readonly pipeline: PipelineObject;
  readonly plan: Plan;
  readonly spec: PipelineSpec;
  readonly options: RenderOptions;
  /** Records ever written to `events-clean`; undefined: not known. */
  readonly records: number | undefined;
}

export interface TrainingObserved {
  readonly status: TrainingStatus;
  /** Why the last run failed; undefined where it did not. */
  readonly failure: string | undefined;
  /** The Job that last succeeded, or any other text that changes when a candidate may have come. */
  readonly hint: string;
  /** undefined: no model is watched. */
  readonly drift: DriftObserved | undefined;
  /** A run is under way. */
  readonly isActive: boolean;
  /** When to look again, whatever happens. */
  readonly until: number | undefined;
}

interface Known {
  readonly remembered: Remembered;
  readonly decision?: RetrainDecision;
  readonly before?: TrainingStatus | undefined;
}

const retrainAnnotation = 'likeness.dev/retrain';
/** Of 64 workers, with some that have failed. */
const maxPods = 100;
/** A Job that was made is taken for made, though the cache does not show it, for so long. */
const cacheLagMs = 30_000;

export class Trainings {
  readonly #deps: TrainingDeps;
  /** By pipeline: what was made and is not in the cache yet. */
  readonly #made = new Map<string, { readonly job: TrainingJob; readonly at: number }>();

  constructor(deps: TrainingDeps) {
    this.#deps = deps;
  }

  async pass(key: string, input: TrainingInput): Promise<TrainingObserved> {
    const { plan, spec, pipeline } = input;
    const jobs = this.#jobsOf(key);
    const remembered = remember(pipeline.status?.training, jobs);
    for (const job of jobs) await this.#suspend(job, plan.suspended);
    for (const job of [...beyondLimit(jobs, spec.training.historyLimit), ...superseded(jobs)]) await this.#delete(job);
    if (plan.suspended) return this.#observe(key, input, { remembered });
    // Nobody knows what the next one waits for: what was known of that stays said.
    if (input.records === undefined)
      return this.#observe(key, input, { remembered, before: pipeline.status?.training });
    const decision = await this.#decide(key, input, remembered);
    if (!decision.train) return this.#observe(key, input, { remembered, decision });
    return this.#observe(key, input, { remembered: await this.#begin(key, input, { remembered, decision }) });
  }

  forget(key: string): void {
    this.#made.delete(key);
  }

  #jobsOf(key: string): TrainingJob[] {
    const cached = this.#deps.children.of(key).filter(isTraining) as TrainingJob[];
    const made = this.#made.get(key);
    if (made === undefined) return cached;
    const isShown = cached.some(({ metadata }) => metadata.name === made.job.metadata.name);
    if (!isShown && this.#deps.timing.now() - made.at < cacheLagMs) return [...cached, made.job];
    this.#made.delete(key);
    return cached;
  }

  async #decide(
    key: string,
    { spec, pipeline, records = 0 }: TrainingInput,
    { ledger, job }: Remembered,
  ): Promise<RetrainDecision> {
    const { timing, reports } = this.#deps;
    const verdict = reports.verdictOf(key);
    const asked = pipeline.metadata.annotations?.[retrainAnnotation];
    const manual = asked === undefined || asked === '' ? undefined : shortened(asked);
    return decideRetrain({
      now: timing.now(),
      training: spec.training,
      records,
      ledger,
      manual,
      drift: verdict?.id,
      changedAt: verdict?.changedAt,
      waits: manual !== undefined && manual !== ledger.handled.Manual && (await this.#isQueued(job)),
    });
  }

  async #isQueued(job: TrainingJob | undefined): Promise<boolean> {
    if (job === undefined || hasEnded(job) || job.spec?.suspend === true) return false;
    return observeJob(job, await this.#podsOf(job)).phase === 'Queued';
  }

  async #begin(
    key: string,
    { pipeline, plan, spec, options, records = 0 }: TrainingInput,
    { remembered, decision }: { remembered: Remembered; decision: RetrainDecision & { readonly train: true } },
  ): Promise<Remembered> {
    const { api, timing } = this.#deps;
    const { name, uid = '' } = pipeline.metadata;
    const { trigger, id } = decision;
    const now = wholeSeconds(timing.now());
    const ledger = begun(remembered.ledger, { trigger, id, now, records });
    const named = jobName({ name, uid }, { trigger, id, attempt: remembered.ledger.count });
    const since = changeOf(spec, this.#deps.reports.verdictOf(key));
    const run = { name: named, runId: named, trigger, memory: memoryOf(ledger), since };
    const rendered = renderTrainingJob(plan, run, options);
    try {
      const job = await api.create<TrainingJob & KubeObject>(kinds.Job, rendered);
      this.#made.set(key, { job: { ...job, apiVersion: 'batch/v1', kind: 'Job' }, at: timing.now() });
      return { ledger, job };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      // Made before a crash, or by the leader before this one: the cache will show it.
      return remembered;
    }
  }

  /** Kueue alone decides on the suspension of what is in its queues. */
  async #suspend(job: TrainingJob, suspended: boolean): Promise<void> {
    if (hasEnded(job) || queueOf(job) !== undefined || (job.spec?.suspend ?? false) === suspended) return;
    const { namespace, name, resourceVersion } = job.metadata;
    const patch = { metadata: { resourceVersion }, spec: { suspend: suspended } };
    await this.#deps.api.mergePatch(kinds.Job, { namespace: namespace!, name }, patch);
  }

  async #delete({ metadata }: TrainingJob): Promise<void> {
    if (metadata.deletionTimestamp !== undefined) return;
    const { namespace, name, uid } = metadata;
    await this.#deps.api.delete(kinds.Job, { namespace: namespace!, name }, { ...(uid && { uid }) });
  }

  async #observe(
    key: string,
    { plan, spec }: TrainingInput,
    { remembered, decision, before }: Known,
  ): Promise<TrainingObserved> {
    const { ledger, job } = remembered;
    const run = job && describeRun(await this.#see(key, job, plan), plan);
    const waits = decision && !decision.train ? decision : undefined;
    const now = this.#deps.timing.now();
    const status = describeTraining({ ledger, run, waits, before, spec, now });
    return {
      status,
      drift: observeDrift({ spec, report: this.#deps.reports.driftOf(key), training: status, now }),
      failure: failureIn(ledger, run),
      hint: `${ledger.count} ${ledger.last?.outcome}`,
      isActive: ledger.last?.outcome === 'Running',
      until: waits?.until,
    };
  }

  async #see(key: string, job: TrainingJob, { pipeline, workloads }: Plan): Promise<RunSeen> {
    const { api, reports } = this.#deps;
    const looksAtPods = !hasEnded(job) && job.spec?.suspend !== true;
    const pods = looksAtPods ? await this.#podsOf(job) : [];
    const { secrets } = workloads.find(({ name }) => name === 'trainer')!;
    const missing = pods.some(waitsForVolumes) ? await missingSecrets(api, pipeline.namespace, secrets) : [];
    return { job, pods, missing, progress: reports.progressOf(key, runIdOf(job)) };
  }

  async #podsOf({ metadata: { namespace, name } }: TrainingJob): Promise<readonly V1Pod[]> {
    const labelSelector = `batch.kubernetes.io/job-name=${name}`;
    const selection = { ...(namespace !== undefined && { namespace }), labelSelector };
    return (await this.#deps.api.listPage<V1Pod & KubeObject>(kinds.Pod, selection, { limit: maxPods })).items;
  }
}

const isTraining = (child: KubeObject): boolean => child.kind === 'Job' && !isGateJob(child);

/** What was before the last change is of another time, and not learned from. */
function changeOf({ training }: PipelineSpec, verdict: DriftVerdict | undefined): number | undefined {
  return training.retrain.mode === 'OnDrift' ? verdict?.changedAt : undefined;
}

/** A person may write anything; a status keeps 64 characters. */
function shortened(text: string): string {
  return text.length <= 64 ? text : createHash('sha256').update(text).digest('hex');
}
