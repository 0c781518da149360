/** The local backend: a plan's services in this process or in child processes, its trainer always in one of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PipelineSpec, Training } from '../../crds/pipeline.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { connectModelStore } from '../../services/shared/adapters/connect-model-store.ts';
import { connectProfileStore } from '../../services/shared/adapters/connect-profile-store.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { CommonDeps, Telemetry } from '../../services/shared/service.ts';
import type { Backend, Observed, ObservedWorkload } from '../backend.ts';
import type { Plan, StageName } from '../plan.ts';
import { type Activation, startActivation } from './activation.ts';
import { runToEnd } from './children.ts';
import { checkDataFolder, describeDataFolder } from './data-folder.ts';
import { driftFile, instanceEnv, type LocalSettings, workloadOf } from './environment.ts';
import { startInProcess } from './in-process.ts';
import { cleanerLag, countProfiles, featureLag, observeBackfill, type LagSources } from './lag.ts';
import { judgeIn } from './judge.ts';
import { ensureKeys, type LocalKeys, withTrustedKeys } from './keys.ts';
import { refuseOrphanedLogs } from './orphaned-logs.ts';
import { startProcesses } from './processes.ts';
import { openPromotionMemory } from './promotion-memory.ts';
import { trainingWish } from './training-wish.ts';
import { prepareTopics } from './topics.ts';
import { driftReportIn } from './drift-report.ts';
import { scrapeFigures } from './trial-figures.ts';
import { trialQualityIn } from '../trial-quality.ts';
import { startTrainingLoop, type TrainingLoop } from './training-loop.ts';

export interface LocalOptions extends LocalSettings {
  /** Child processes, which need Kafka and Redis in the plan; else everything runs in this process. */
  readonly processes: boolean;
  readonly training: Training;
  /** False for a pipeline without models. */
  readonly trains: boolean;
  readonly deps: CommonDeps;
  /** Logs and metrics of a service that runs in this process. */
  readonly telemetryOf: (service: string) => Telemetry;
}

/** The running services of a plan, however they run. */
export interface Running {
  /** Base URLs of the two HTTP interfaces; the same one in a single process. */
  readonly urls: { readonly serving: string; readonly ingest: string };
  observe(): Promise<ObservedWorkload[]>;
  pids(): { readonly name: string; readonly pid: number }[];
  /** Addresses of a stage's metrics; all stages share one in a single process. */
  metricUrls(stage: StageName): string[];
  stop(): Promise<void>;
}

export interface LocalBackend extends Backend {
  /** Throws until the plan is applied. */
  urls(): Running['urls'];
  /** The processes that run its services now. */
  pids(): ReturnType<Running['pids']>;
  metricUrls(stage: StageName): string[];
  countProfiles(): Promise<number>;
}

interface Applied {
  readonly running: Running;
  readonly activation: Activation;
  readonly loop: TrainingLoop | undefined;
}

/** Connects to the plan's broker at once, so that a wrong address is said before anything starts. Rejects with `BadConfig` too. */
export async function createLocalBackend(plan: Plan, options: LocalOptions): Promise<LocalBackend> {
  mkdirSync(options.dataDir, { recursive: true });
  checkDataFolder(options.dataDir, plan);
  const { replicas } = workloadOf(plan, 'ingest');
  refuseOrphanedLogs(options.dataDir, { processes: options.processes, replicas });
  const keys = withTrustedKeys(options.dataDir, ensureKeys(options.dataDir), plan.models.trustedKeys);
  const { LIKENESS_KAFKA: address, LIKENESS_KAFKA_TLS: tls, LIKENESS_REDIS: redis } = workloadOf(plan, 'feature').env;
  const kafka = address === undefined ? undefined : { address, ...(tls === 'true' && { tls: {} }) };
  const broker = await connectBroker({ kafka, dataDir: options.dataDir, clientId: 'likeness-local' });
  const store = await connectProfileStore({ redis, dataDir: options.dataDir });
  const sources = { broker, store, plan };
  const models = connectModelStore({ LIKENESS_MODELS: join(options.dataDir, 'models') });
  let applied: Applied | undefined;
  return {
    apply: async (wanted) => {
      await prepareTopics(broker, wanted);
      // Not before the broker has answered: a mistyped address must not stay.
      describeDataFolder(options.dataDir, wanted);
      const start = options.processes ? startProcesses : startInProcess;
      const running = await start({ plan: wanted, options, keys, broker, store, models });
      const activation = await activate(wanted, { broker, running, keys, options });
      // A pipeline without models has nothing to train.
      const loop = options.trains ? trainOnGrowth(wanted, { broker, keys, options }) : undefined;
      applied = { running, activation, loop };
    },
    observe: () => observe(applied, sources),
    countProfiles: () => countProfiles(sources),
    urls: () => runningOf(applied).urls,
    pids: () => runningOf(applied).pids(),
    metricUrls: (stage) => runningOf(applied).metricUrls(stage),
    remove: async () => {
      await applied?.loop?.stop();
      await applied?.activation.close();
      await applied?.running.stop();
      applied = undefined;
      await store.close();
      await broker.close();
    },
  };
}

function runningOf(applied: Applied | undefined): Running {
  if (applied === undefined) throw new Error('apply the plan first');
  return applied.running;
}

interface Parts {
  readonly broker: Broker;
  readonly keys: LocalKeys;
  readonly options: LocalOptions;
}

function topicOf(plan: Plan, stream: string): string {
  const topics = JSON.parse(workloadOf(plan, 'trainer').env['LIKENESS_TOPICS']!) as Record<string, string>;
  return topics[stream]!;
}

function activate(plan: Plan, parts: Parts & { readonly running: Running }): Promise<Activation> {
  const { broker, running, keys, options } = parts;
  const { telemetry, clock, onFatal } = options.deps;
  return startActivation({
    broker,
    topic: topicOf(plan, 'models'),
    models: modelsOf(plan),
    promotion: options.training.promotion,
    memory: openPromotionMemory(options.dataDir),
    judge: judgeIn(plan, options, keys),
    figuresOf: ({ model, generation }) => scrapeFigures(running.metricUrls('serving'), model, generation),
    qualityOf: (trial) => trialQualityIn(driftReportIn(driftFile(options.dataDir)), trial),
    logger: telemetry.logger,
    clock,
    onFatal,
  });
}

/** As the trainer knows them. */
function modelsOf(plan: Plan): { readonly name: string }[] {
  return (JSON.parse(workloadOf(plan, 'trainer').env['LIKENESS_SPEC']!) as Pick<PipelineSpec, 'models'>).models;
}

function trainOnGrowth(plan: Plan, { broker, keys, options }: Parts): TrainingLoop {
  const { telemetry, clock, onFatal } = options.deps;
  const env = instanceEnv(workloadOf(plan, 'trainer'), options, keys);
  const logFile = join(options.dataDir, 'logs', 'trainer.log');
  return startTrainingLoop({
    broker,
    topic: topicOf(plan, 'events-clean'),
    training: options.training,
    runsFile: join(options.dataDir, 'training.json'),
    driftFile: driftFile(options.dataDir),
    wish: () => trainingWish(options.dataDir),
    train: ({ runId, since }, signal) => {
      const own = { LIKENESS_RUN_ID: runId, ...(since !== undefined && { LIKENESS_SINCE: String(Math.floor(since)) }) };
      const child = { name: runId, service: 'trainer', env: { ...env, ...own }, logFile };
      return runToEnd({ ...child, logger: telemetry.logger }, signal);
    },
    logger: telemetry.logger,
    clock,
    onFatal,
  });
}

async function observe(applied: Applied | undefined, sources: LagSources): Promise<Observed> {
  const active = applied?.activation.active();
  return {
    workloads: (await applied?.running.observe()) ?? [],
    lag: { cleaner: await cleanerLag(sources), feature: await featureLag(sources) },
    backfill: await observeBackfill(sources),
    training: applied?.loop?.phase() ?? { phase: 'Idle', message: 'nothing to train', failures: 0 },
    model: active && { version: active.version, generation: active.generation },
    promotions: (applied?.activation.models() ?? []).map(({ name = '', phase = 'None', message = '' }) => {
      return { name, phase, message };
    }),
  };
}
