/** Keeps what is learned at hand, and says when cleaning may begin: not by nothing if a model is in service already. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readTrustedKeys } from '../shared/adapters/trusted-keys.ts';
import type { Broker, BrokerRecord } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import { followStream } from '../shared/follow-stream.ts';
import { openCleaning } from '../shared/learning/artifact.ts';
import type { ModelStore } from '../shared/model-store.ts';
import type { CommonDeps } from '../shared/service.ts';
import type { ActiveCleaning } from './active-cleaning.ts';
import type { CleanerConfig } from './config.ts';
import { followedCleaning } from './followed-cleaning.ts';
import type { CleanerMetrics } from './metrics.ts';

export interface LearnedFeed {
  current(): ActiveCleaning | undefined;
  /** Resolves when the model in service is taken over or refused; or after a while, because profiles must not wait. */
  readonly ready: Promise<void>;
  /** Why what is in service is not applied, in words for a person. */
  problem(): string | undefined;
  close(): Promise<void>;
}

export interface LearnedDeps extends CommonDeps {
  readonly broker: Broker;
  /** Absent: the spec has no steps that learn. */
  readonly models?: ModelStore | undefined;
  /** So long cleaning waits at the start for a model that cannot be fetched, milliseconds. */
  readonly patienceMs?: number;
  /** Pause before an artifact that could not be fetched is asked for again. */
  readonly retryMs?: number;
}

const nothingLearned: LearnedFeed = {
  current: () => undefined,
  ready: Promise.resolve(),
  problem: () => undefined,
  close: () => Promise.resolve(),
};

/** Rejects with `BadConfig`, and as the broker does. */
export async function followLearned(
  { spec, topics, trustedKeyFiles }: CleanerConfig,
  deps: LearnedDeps,
  metrics: CleanerMetrics,
): Promise<LearnedFeed> {
  const { broker, models, telemetry, onFatal, patienceMs = 60_000, retryMs } = deps;
  if (spec.cleaningModel === undefined) return nothingLearned;
  if (models === undefined) throw new LikenessError('BadConfig', 'The cleaner is to follow a model, and has no store');
  const trustedKeys = readTrustedKeys(trustedKeyFiles);
  const { logger } = telemetry;
  const cleaning = followedCleaning({
    model: spec.cleaningModel,
    steps: spec.cleaning,
    fetch: (digest) => models.get(digest),
    open: (files, digest) => openCleaning(files, trustedKeys, digest),
    metrics,
    logger,
    ...(retryMs !== undefined && { retryMs }),
  });
  const onRecord = (record: BrokerRecord): void => cleaning.apply(record);
  const feed = await followStream({ broker, stream: 'models', topic: topics.models, onRecord, onFatal });
  const closing = new AbortController();
  const waitedLong = sleep(patienceMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
  const ready = Promise.race([feed.caughtUp.then(() => cleaning.settled()), waitedLong]).then(() => {
    const problem = feed.problem() ?? cleaning.problem();
    if (problem !== undefined && !closing.signal.aborted)
      logger.warn({ code: 'ModelInvalid', problem }, 'cleaning begins without what the model has learned');
  });
  return {
    current: () => cleaning.current(),
    ready,
    problem: () => cleaning.problem(),
    close: async () => {
      closing.abort();
      await Promise.all([feed.close(), cleaning.close()]);
    },
  };
}
