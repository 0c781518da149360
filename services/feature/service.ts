/** The feature service: events-clean → profiles, exactly once; the watermark in the profile store is the position. */
import type { Logger } from 'pino';
import { statesTag } from '../shared/active-features.ts';
import { patchData } from '../shared/adapters/config-map-report.ts';
import type { Broker, Consumer } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import type { ModelStore } from '../shared/model-store.ts';
import { compileFeatures } from '../shared/profile/compile.ts';
import type { ProfileStore } from '../shared/profile-store.ts';
import type { CommonDeps, Health, Service } from '../shared/service.ts';
import { backfillTiming, Backfills, type BackfillTiming } from './backfill/backfills.ts';
import { FeatureSwitch } from './backfill/feature-switch.ts';
import { tellBackfill, type TellBackfill } from './backfill/tell-backfill.ts';
import type { FeatureConfig } from './config.ts';
import { createMetrics } from './metrics.ts';
import { startWatches, type Watches } from './monitor/watches.ts';
import { PartitionWorker, type WorkerDeps } from './partition-worker.ts';
import { shareOf } from './profile-cache.ts';
import { Stage } from './stage.ts';

export interface FeatureDeps extends CommonDeps {
  readonly broker: Broker;
  /** Stays open when the service stops: who opened it closes it. */
  readonly store: ProfileStore;
  /** Absent: no model is watched. */
  readonly models?: ModelStore | undefined;
  /** Of the backfill of changed features. */
  readonly timing?: BackfillTiming;
}

/** A service that watches no model needs no model store. */
type FeatureServiceConfig = Omit<FeatureConfig, 'host' | 'watch' | 'modelStore'> &
  Partial<Pick<FeatureConfig, 'watch'>>;

/** How often positions are written down for lag displays, and forgotten partitions are looked up again. */
const tickMs = 1000;
/** A store or broker that is away is asked again soon: freshness waits for it. */
const retryMs = 200;
/** How often lag is measured where nothing arrives, and whether a partition has stalled. */
const watchMs = 15_000;
/** For the caches of the whole process: an instance may come to own every partition. */
export const cacheLimits = { entries: 200_000, bytes: 256 * 1024 * 1024 };

/**
 * Rejects with `BadSpec` for features that do not compile, `StoreEvicts`, and as broker and store do. What does not fit
 * between a partition's profiles and its log reaches `onFatal`.
 */
export async function start(config: FeatureServiceConfig, deps: FeatureDeps): Promise<Service> {
  const { broker, store, telemetry, clock, onFatal, timing = backfillTiming } = deps;
  const { topics, spec } = config;
  const metrics = createMetrics(telemetry.registry);
  const wanted = compileFeatures(spec.features, spec.events, {
    mergeOn: spec.identity.mergeOn,
    onOverflow: metrics.overflow,
  });
  await store.check();
  const { pipeline, partitions } = config;
  const features = await FeatureSwitch.open({
    store,
    clock,
    pipeline,
    partitions,
    features: spec.features,
    events: spec.events,
    wanted,
    onOverflow: metrics.overflow,
    rebuilds: config.fromLogStart,
    settleMs: timing.settleMs,
  });
  const producer = await broker.producer();
  const watches = config.watch && (await startWatches(config.watch, config, { ...deps, compiled: wanted }));
  const life: { consumer: Consumer | undefined; stopping: boolean } = { consumer: undefined, stopping: false };
  const seek = (partition: number, offset: number): void => {
    if (life.consumer === undefined)
      throw new LikenessError('BrokerUnavailable', 'The consumer has not joined its group yet.', { retryable: true });
    life.consumer.seek(topics['events-clean'], partition, offset);
  };
  const workerDeps: Omit<WorkerDeps, 'compiled'> = { broker, store, producer, metrics, clock, seek };
  const workerConfig = {
    topic: topics['events-clean'],
    deadTopic: topics['events-dead'],
    dedupeWindowMs: config.dedupeWindowMs,
    fromLogStart: config.fromLogStart,
    cache: shareOf(cacheLimits, partitions),
  };
  const createWorker = (partition: number): PartitionWorker => {
    const compiled = features.live;
    const worker = new PartitionWorker(partition, statesTag(pipeline, partition, features.slot), workerConfig, {
      ...workerDeps,
      compiled,
      watch: watches && { partition: watches.of(partition, compiled), topic: topics.signals },
    });
    backfills.own(partition, worker);
    return worker;
  };
  const stage = new Stage({
    ...deps,
    topic: topics['events-clean'],
    metrics,
    createWorker,
  });
  const backfills = new Backfills({
    ...deps,
    features,
    wanted,
    pipeline,
    topic: topics['events-clean'],
    dedupeWindowMs: config.dedupeWindowMs,
    metrics,
    logger: telemetry.logger,
    timing,
    tell: tellerOf(config, telemetry.logger),
    onSwitch: () => stage.renew(),
  });
  const unsubscribe = store.onReconnect(() => {
    stage.forget();
    watches?.forget();
  });
  life.consumer = await broker.consume({
    group: config.group,
    topics: [topics['events-clean']],
    sessionTimeoutMs: config.sessionTimeoutMs,
    retryMs,
    onAssigned: (_, partition) => stage.onAssigned(partition),
    onRevoked: (taken) => {
      const revoked = taken.map(({ partition }) => partition);
      backfills.drop(revoked);
      stage.onRevoked(revoked);
    },
    onBatch: (batch) => stage.onBatch(batch),
    onRetry: (error, { partition }) => stage.onRetry(error, partition),
    onFatal,
  });
  const consumer = life.consumer;
  const timers = [
    setInterval(() => void stage.tick(consumer), tickMs),
    setInterval(() => void backfills.tick(), timing.tickMs),
    setInterval(() => void stage.watch(4 * config.sessionTimeoutMs), watchMs),
  ];

  const stop = async (): Promise<void> => {
    life.stopping = true;
    unsubscribe();
    for (const timer of timers) clearInterval(timer);
    await backfills.stop();
    await stage.drain();
    await stage.tick(consumer);
    await consumer.close();
    await producer.close();
    await watches?.close();
  };
  let stopped: Promise<void> | undefined;
  const health = (): Health => healthOf(life.stopping, stage, [backfills, watches]);
  return { name: 'feature', health, stop: () => (stopped ??= stop()) };
}

/** In a cluster the operator shows it, where models are watched: then this pod has a report. */
function tellerOf({ watch }: FeatureServiceConfig, logger: Logger): TellBackfill | undefined {
  const report = watch?.report;
  if (report === undefined) return undefined;
  return tellBackfill({
    send: (backfill) => patchData(report, { backfill }),
    onFailure: (error) => logger.warn({ code: 'ReportFailed', error }, 'the backfill is not reported'),
  });
}

function healthOf(stopping: boolean, stage: Stage, beside: readonly (Pick<Watches, 'notes'> | undefined)[]): Health {
  if (stopping) return { ready: false, reasons: ['stopping'] };
  const notes = beside.flatMap((each) => each?.notes() ?? []);
  return { ...stage.health(), ...(notes.length > 0 && { notes }) };
}
