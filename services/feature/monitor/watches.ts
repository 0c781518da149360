/** Puts the watches together: the models that are followed, what looks at each partition, and the monitor. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { sendDriftReport } from '../../shared/adapters/drift-report.ts';
import { readTrustedKeys } from '../../shared/adapters/trusted-keys.ts';
import type { Broker } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import { followStream } from '../../shared/follow-stream.ts';
import { type LoadedClassifier, type LoadedModel, openEither } from '../../shared/learning/artifact.ts';
import { modelInputs } from '../../shared/learning/model-inputs.ts';
import type { ModelStore } from '../../shared/model-store.ts';
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import { monitorTag, type ProfileStore } from '../../shared/profile-store.ts';
import type { CommonDeps } from '../../shared/service.ts';
import type { FeatureConfig, WatchConfig } from '../config.ts';
import { followedModels } from './followed-models.ts';
import { createMonitorMetrics } from './monitor-metrics.ts';
import { MonitorService } from './monitor-service.ts';
import { createPartitionWatch, type PartitionWatch } from './partition-watch.ts';
import { tellDrift } from './tell-drift.ts';
import { watchClassifier } from './watched-classifier.ts';
import { watchModel } from './watched-model.ts';

export interface WatchesDeps extends CommonDeps {
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly models?: ModelStore | undefined;
  readonly compiled: CompiledFeatures;
}

export interface Watches {
  /** `live`: the features that the partition's profiles are of. */
  of(partition: number, live: CompiledFeatures): PartitionWatch;
  /** The profile store was away. */
  forget(): void;
  /** What is not watched, in words for a person; profiles go on without it. */
  notes(): string[];
  close(): Promise<void>;
}

type Config = Pick<FeatureConfig, 'spec' | 'topics' | 'pipeline' | 'sessionTimeoutMs'>;

/** Rejects with `BadConfig`, and as the broker does. */
export async function startWatches(watch: WatchConfig, config: Config, deps: WatchesDeps): Promise<Watches> {
  const { broker, store, models, compiled, telemetry, onFatal } = deps;
  const { logger } = telemetry;
  if (models === undefined) throw new LikenessError('BadConfig', 'Models are to be watched, and there is no store');
  const names = watch.spec.models.map(({ name }) => name);
  const followed = followedModels({
    names,
    fetch: (digest) => models.get(digest),
    open: openWith(watch),
    watch: watcherOf(watch, config, compiled),
    logger,
  });
  const feed = await followStream({
    broker,
    stream: 'models',
    topic: config.topics.models,
    onRecord: (record) => followed.apply(record),
    onFatal,
  });
  const teller = tellDrift({
    send: sendDriftReport(watch),
    onFailure: (error) => logger.warn({ code: 'ReportFailed', error }, 'drift is not reported; it is tried again'),
    sleep: (ms, signal) => sleepFor(ms, undefined, { signal, ref: false }).catch(() => undefined),
    ...(watch.report === undefined && { pauseMs: 1000 }),
  });
  const monitor = await MonitorService.start(monitorConfig(watch, config, names), {
    broker,
    store,
    baselineOf: (digest) => followed.baselineOf(digest),
    report: (report) => teller.tell(report),
    metrics: createMonitorMetrics(telemetry.registry, names),
    logger,
    onFatal,
  });
  const share = Number(watch.spec.sampleShare);
  return {
    of: (partition, live) => createPartitionWatch({ partition, share, models: () => followed.current(), live, logger }),
    forget: () => monitor.forget(),
    notes: () => followed.notes(),
    close: async () => {
      await monitor.stop();
      await teller.close();
      await feed.close();
      await followed.close();
    },
  };
}

function openWith({ trustedKeyFiles, spec: { models } }: WatchConfig) {
  const trustedKeys = readTrustedKeys(trustedKeyFiles);
  return (files: ReadonlyMap<string, Uint8Array>, digest: string): LoadedModel | LoadedClassifier => {
    const loaded = openEither(files, trustedKeys, digest);
    const { model: name, kind } = loaded.manifest;
    const isOfSpec = models.some((model) => model.name === name && 'classifier' in loaded === Boolean(model.classify));
    if (!isOfSpec) throw new LikenessError('ModelInvalid', `the spec has no model ${name} for one of kind ${kind}`);
    return loaded;
  };
}

function watcherOf({ spec: { models } }: WatchConfig, { spec }: Config, compiled: CompiledFeatures) {
  return (loaded: LoadedModel | LoadedClassifier, generation: number) => {
    const { model: name } = loaded.manifest;
    if ('classifier' in loaded) return watchClassifier({ loaded, generation, compiled });
    const inputs = modelInputs({ features: spec.features, models }, name);
    const history = models.find((model) => model.name === name)!.recommend!.history;
    return watchModel({ loaded, generation, inputs, history, compiled });
  };
}

function monitorConfig({ group, spec }: WatchConfig, { topics, pipeline, sessionTimeoutMs }: Config, names: string[]) {
  const { driftMetric: metric, threshold, consecutiveWindows } = spec;
  return {
    topic: topics.signals,
    group,
    tag: monitorTag(pipeline),
    sessionTimeoutMs,
    options: { inputs: { metric, threshold: Number(threshold), consecutiveWindows }, models: names },
  };
}
