/** The operator: caches, queue, topics and the reconciler, put together. Works from the moment it leads. */
import { LikenessError } from '../../services/shared/errors.ts';
import type { CommonDeps, Service } from '../../services/shared/service.ts';
import type { OperatorConfig } from '../config.ts';
import { Children } from './children.ts';
import { streamGate } from '../gate.ts';
import { topicAdmins, wantedModelsOf, wantedTopicsOf } from './connections.ts';
import { discover, type Discovered } from './discover.ts';
import { registerPipelineMetrics } from './pipeline-metrics.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { createReconcile } from './reconcile.ts';
import { profilePipelines, resourceOf } from './resources.ts';
import { Api } from './runtime/api.ts';
import { Applier } from './runtime/apply.ts';
import type { ClusterAccess } from './runtime/cluster-access.ts';
import { Controller, informerSource } from './runtime/controller.ts';
import { EventRecorder } from './runtime/events.ts';
import { Informer } from './runtime/informer.ts';
import { Elector } from './runtime/lease.ts';
import { createRuntimeMetrics, type RuntimeMetrics } from './runtime/metrics.ts';
import { keepOwnFields } from './runtime/owned-fields.ts';
import { createPool } from './runtime/pool.ts';
import { WorkQueue } from './runtime/queue.ts';
import { keyOf, type KubeObject } from './runtime/resource.ts';
import { slimPipeline } from './slim-pipeline.ts';
import { slimWorkload } from './runtime/slim-workload.ts';
import { systemTiming } from './runtime/timing.ts';
import { KubeTransport } from './runtime/transport.ts';
import { Rested } from './rested.ts';
import { TopicsKeeper } from './topics-keeper.ts';
import { isGateJob } from './render/gate-job.ts';
import { Gates } from './training/gates.ts';
import { ModelsKeeper } from './training/models-keeper.ts';
import type { TrainingJob } from './training/observe-job.ts';
import { Reports } from './training/reports.ts';
import { Trainings } from './training/training.ts';

export interface OperatorDeps extends CommonDeps {
  /** Called at first and whenever credentials are read again. */
  readonly cluster: () => ClusterAccess;
}

const fieldManager = 'likeness-operator';
const hashAnnotation = 'likeness.dev/applied';
const timing = systemTiming;
/** While pods start, something of a pipeline changes every moment: that is looked at together. */
const pauseMs = 300;

export async function startOperator(config: OperatorConfig, deps: OperatorDeps): Promise<Service> {
  const metrics = createRuntimeMetrics(deps.telemetry.registry);
  const userAgent = `likeness-operator/${config.version}`;
  const transport = new KubeTransport({ load: deps.cluster, userAgent, timing });
  const api = new Api({ transport, timing, metrics, fieldManager });
  const lead = new Leadership(config, api, { ...deps, metrics });
  const elector = startElector(config, api, { deps, metrics });
  void elector.whenLeading().then(() => lead.begin());
  return {
    name: 'operator',
    health: () => lead.health(),
    stop: async () => {
      await lead.end();
      await elector.stop();
      transport.close();
    },
  };
}

function startElector(
  { lease }: OperatorConfig,
  api: Api,
  { deps, metrics }: { readonly deps: OperatorDeps; readonly metrics: RuntimeMetrics },
): Elector {
  const leaseMs = lease.seconds * 1000;
  const elector = new Elector({
    api,
    namespace: lease.namespace,
    name: 'likeness-operator',
    identity: lease.identity,
    timing,
    logger: deps.telemetry.logger,
    metrics,
    leaseMs,
    renewDeadlineMs: Math.round((leaseMs * 2) / 3),
    retryMs: Math.round((leaseMs * 2) / 15),
    onLost: (reason) => deps.onFatal(new LikenessError('LeaseLost', reason, { retryable: true })),
  });
  elector.start();
  return elector;
}

interface LeadershipDeps extends OperatorDeps {
  readonly metrics: RuntimeMetrics;
}

/** What runs only while this process leads. */
class Leadership {
  readonly #config: OperatorConfig;
  readonly #api: Api;
  readonly #deps: LeadershipDeps;
  #running: Running | undefined;
  #ended = false;

  constructor(config: OperatorConfig, api: Api, deps: LeadershipDeps) {
    this.#config = config;
    this.#api = api;
    this.#deps = deps;
  }

  async begin(): Promise<void> {
    try {
      const found = await discover(this.#api, this.#config.namespaces);
      if (!this.#ended) this.#running = run(this.#config, this.#api, { ...this.#deps, found });
    } catch (error) {
      this.#deps.onFatal(error);
    }
  }

  /** One that waits for the lease is ready: it takes over when it must. */
  health() {
    if (this.#running === undefined || this.#running.isSynced()) return { ready: true, reasons: [] };
    return { ready: false, reasons: ['the cluster is being read'] };
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#running?.stop();
  }
}

interface Running {
  isSynced(): boolean;
  stop(): Promise<void>;
}

function run(config: OperatorConfig, api: Api, deps: LeadershipDeps & { readonly found: Discovered }): Running {
  const { metrics, found } = deps;
  const { logger } = deps.telemetry;
  const { namespaces } = config;
  const shared = { api, namespaces, timing, logger, metrics };
  const pool = createPool();
  const [ownedOnly, slim] = [keepOwnFields(fieldManager, pool), slimWorkload(pool)];
  const transform = (object: KubeObject): KubeObject => slim(ownedOnly(object));
  const pipelines = new Informer<PipelineObject>({
    ...shared,
    resource: profilePipelines,
    transform: slimPipeline(pool),
  });
  const children = new Children({ ...shared, foreign: found.foreign, transform });
  const jobsOf = (key: string) =>
    children.of(key).filter((child) => child.kind === 'Job' && !isGateJob(child)) as TrainingJob[];
  registerPipelineMetrics(deps.telemetry.registry, { pipelines, jobsOf, timing });
  const queue = new WorkQueue({ name: 'profilepipeline', timing, metrics, pauseMs });
  const reports = new Reports({ ...shared, transform: ownedOnly });
  const changed = { clock: deps.clock, onChange: (key: string) => queue.add(key) };
  const admins = topicAdmins(timing);
  const topics = new TopicsKeeper({ ...changed, refreshMs: config.refreshMs });
  const models = new ModelsKeeper(changed);
  const events = new EventRecorder({
    ...shared,
    reportingController: 'likeness.dev/operator',
    reportingInstance: config.lease.identity,
  });
  const applier = new Applier({ api, resourceOf, cached: children.cached, transform, hashAnnotation, timing });
  children.tell(applier);
  const rested = new Rested({ timing });
  children.onChange(rested.disturb);
  const { image, trainerImage, trainerGpuImage, version, network, modelsVolume } = config;
  const images = { image, trainerImage, trainerGpuImage };
  const reconcile = createReconcile({
    ...shared,
    applier,
    children,
    pipelines,
    rested,
    topics,
    models,
    reports,
    trainings: new Trainings({ api, children, reports, timing }),
    gates: new Gates({ api, children }),
    gate: streamGate,
    restMs: config.refreshMs,
    events,
    defaults: config.defaults,
    release: { ...images, version, network, modelsVolume, capabilities: found.capabilities },
    wantedTopics: (plan, spec) => wantedTopicsOf({ api, admins }, plan, spec),
    wantedModels: (plan, spec) => wantedModelsOf(api, plan, spec),
  });
  const controller = new Controller({
    name: 'profilepipeline',
    queue,
    sources: [informerSource(pipelines, ({ metadata }) => [keyOf(metadata)]), ...children.sources(), reports.source()],
    reconcile,
    allKeys: () => pipelines.keys(),
    timing,
    logger,
    metrics,
    workers: config.workers,
  });
  pipelines.start();
  children.start();
  reports.start();
  controller.start();
  return {
    isSynced: () => pipelines.isSynced() && children.isSynced() && reports.isSynced(),
    stop: async () => {
      await controller.stop();
      topics.close();
      admins.close();
      models.close();
      await Promise.all([pipelines.stop(), children.stop(), reports.stop()]);
      await events.flush();
    },
  };
}
