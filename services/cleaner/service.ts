/** The cleaner: events-raw → events-clean or events-dead, at least once. Keeps no state but the catalogue. */
import type { Broker, Consumer } from '../shared/broker.ts';
import { createCatalogue, type Catalogue } from '../shared/catalogue.ts';
import { LikenessError } from '../shared/errors.ts';
import type { CommonDeps, Health, Service } from '../shared/service.ts';
import { createCatalogueFeed } from './catalogue-feed.ts';
import { createBatchCleaner } from './clean-batch.ts';
import type { CleanerConfig } from './config.ts';
import { createMetrics, type CleanerMetrics } from './metrics.ts';
import { createStage, type Stage } from './stage.ts';

export interface CleanerDeps extends CommonDeps {
  readonly broker: Broker;
}

/** A commit for each batch would cost latency; a repeat after a crash costs nothing but a second's work. */
const commitEveryMs = 1000;

/**
 * Reads once the catalogue has caught up, so that no event goes without attributes that are already known; `health`
 * says so until then. Rejects with `BadSpec` if a rule does not compile, and as the broker does.
 */
export async function start(config: CleanerConfig, deps: CleanerDeps): Promise<Service> {
  const { broker, telemetry, clock, onFatal } = deps;
  const { topics, spec, partitions } = config;
  const catalogue = createCatalogue();
  const clean = createBatchCleaner(spec, { catalogue, feed: createCatalogueFeed(catalogue), partitions });
  const metrics = createMetrics(telemetry.registry);
  const producer = await broker.producer();
  const stage = createStage({ topics, producer, clean, metrics, clock });
  const caughtUp = Promise.withResolvers<void>();
  const items = await followItems(deps, { topic: topics.items, catalogue, metrics, onCaughtUp: caughtUp.resolve });
  const life: Life = { consumer: undefined, stopping: false };
  const opening = caughtUp.promise
    .then(async () => {
      if (!life.stopping) life.consumer = await consume(config, deps, stage);
    })
    .catch(onFatal);
  const timer = setInterval(() => void commit(life, stage, deps), commitEveryMs);

  const stop = async (): Promise<void> => {
    life.stopping = true;
    caughtUp.resolve();
    await opening;
    await stage.drain();
    clearInterval(timer);
    await commit(life, stage, deps);
    await life.consumer?.close();
    await Promise.all([items.close(), producer.close()]);
  };
  let stopped: Promise<void> | undefined;
  return { name: 'cleaner', health: () => healthOf(life), stop: () => (stopped ??= stop()) };
}

interface Life {
  consumer: Consumer | undefined;
  stopping: boolean;
}

function healthOf({ consumer, stopping }: Life): Health {
  if (stopping) return { ready: false, reasons: ['stopping'] };
  if (consumer === undefined) return { ready: false, reasons: ['the catalogue of items has not caught up yet'] };
  return { ready: true, reasons: [] };
}

function consume(config: CleanerConfig, { broker, onFatal }: CleanerDeps, stage: Stage): Promise<Consumer> {
  return broker.consume({
    group: config.group,
    topics: [config.topics['events-raw']],
    sessionTimeoutMs: config.sessionTimeoutMs,
    onBatch: (batch) => stage.onBatch(batch),
    onRevoked: (partitions) => stage.onRevoked(partitions),
    onFatal,
  });
}

interface Follow {
  readonly topic: string;
  readonly catalogue: Catalogue;
  readonly metrics: CleanerMetrics;
  readonly onCaughtUp: () => void;
}

function followItems({ broker, telemetry, onFatal }: CleanerDeps, { topic, catalogue, metrics, onCaughtUp }: Follow) {
  return broker.follow({
    topic,
    onRecords: (_, records) => {
      for (const record of records)
        if (catalogue.apply(record) === 'malformed')
          telemetry.logger.warn({ code: 'BadData', topic, offset: record.offset }, 'a record of items is malformed');
      metrics.items(catalogue.size);
    },
    onCaughtUp,
    onFatal,
  });
}

/** A position that could not be stored is tried again a second later; until then it only costs repeats. */
async function commit({ consumer }: Life, stage: Stage, { telemetry }: CleanerDeps): Promise<void> {
  if (consumer === undefined) return;
  try {
    await stage.commit(consumer);
  } catch (error) {
    const code = error instanceof LikenessError ? error.code : 'BrokerUnavailable';
    telemetry.logger.warn({ code, error }, 'the position was not committed');
  }
}
