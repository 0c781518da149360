/** The feature service: events-clean → profiles, exactly once; the watermark in the profile store is the position. */
import type { Broker, Consumer } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import type { ModelStore } from '../shared/model-store.ts';
import { compileFeatures } from '../shared/profile/compile.ts';
import { partitionTag, type ProfileStore } from '../shared/profile-store.ts';
import type { CommonDeps, Health, Service } from '../shared/service.ts';
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
  const { broker, store, telemetry, clock, onFatal } = deps;
  const { topics, spec } = config;
  const metrics = createMetrics(telemetry.registry);
  const compiled = compileFeatures(spec.features, spec.events, {
    mergeOn: spec.identity.mergeOn,
    onOverflow: metrics.overflow,
  });
  await store.check();
  const producer = await broker.producer();
  const watches = config.watch && (await startWatches(config.watch, config, { ...deps, compiled }));
  const life: { consumer: Consumer | undefined; stopping: boolean } = { consumer: undefined, stopping: false };
  const seek = (partition: number, offset: number): void => {
    if (life.consumer === undefined)
      throw new LikenessError('BrokerUnavailable', 'The consumer has not joined its group yet.', { retryable: true });
    life.consumer.seek(topics['events-clean'], partition, offset);
  };
  const workerDeps: WorkerDeps = { broker, store, producer, compiled, metrics, clock, seek };
  const workerConfig = {
    topic: topics['events-clean'],
    deadTopic: topics['events-dead'],
    dedupeWindowMs: config.dedupeWindowMs,
    fromLogStart: config.fromLogStart,
    cache: shareOf(cacheLimits, config.partitions),
  };
  const stage = new Stage({
    ...deps,
    topic: topics['events-clean'],
    metrics,
    createWorker: (partition) =>
      new PartitionWorker(partition, partitionTag(config.pipeline, partition), workerConfig, {
        ...workerDeps,
        watch: watches && { partition: watches.of(partition), topic: topics.signals },
      }),
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
    onRevoked: (partitions) => stage.onRevoked(partitions.map(({ partition }) => partition)),
    onBatch: (batch) => stage.onBatch(batch),
    onRetry: (error, { partition }) => stage.onRetry(error, partition),
    onFatal,
  });
  const consumer = life.consumer;
  const timers = [
    setInterval(() => void stage.tick(consumer), tickMs),
    setInterval(() => void stage.watch(4 * config.sessionTimeoutMs), watchMs),
  ];

  const stop = async (): Promise<void> => {
    life.stopping = true;
    unsubscribe();
    for (const timer of timers) clearInterval(timer);
    await stage.drain();
    await stage.tick(consumer);
    await consumer.close();
    await producer.close();
    await watches?.close();
  };
  let stopped: Promise<void> | undefined;
  const health = (): Health => healthOf(life.stopping, stage, watches);
  return { name: 'feature', health, stop: () => (stopped ??= stop()) };
}

function healthOf(stopping: boolean, stage: Stage, watches: Watches | undefined): Health {
  if (stopping) return { ready: false, reasons: ['stopping'] };
  const notes = watches?.notes() ?? [];
  return { ...stage.health(), ...(notes.length > 0 && { notes }) };
}
