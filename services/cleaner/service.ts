/**
 * The cleaner: events-raw → events-clean or events-dead, at least once. Keeps no state but the catalogue and what was
 * learned.
 */
import type { Consumer, Producer } from '../shared/broker.ts';
import type { LearnedSteps } from '../../crds/learned-cleaning.ts';
import { createCatalogue } from '../shared/catalogue.ts';
import { LikenessError } from '../shared/errors.ts';
import type { Health, Service } from '../shared/service.ts';
import { createCatalogueRepair, type CatalogueRepair } from './catalogue-repair.ts';
import { createCatalogueFeed } from './catalogue-feed.ts';
import { createBatchCleaner } from './clean-batch.ts';
import type { CleanerConfig } from './config.ts';
import { followLearned, type LearnedDeps, type LearnedFeed } from './learned-feed.ts';
import { createMetrics } from './metrics.ts';
import { createStage, type Stage } from './stage.ts';

export type CleanerDeps = LearnedDeps;

/** A commit for each batch would cost latency; a repeat after a crash costs nothing but a second's work. */
const settleEveryMs = 1000;

/**
 * Reads once the catalogue has caught up and the model in service is taken over, so that no event goes without what is
 * already known; `health` says so until then. Rejects with `BadSpec` if a rule does not compile, and as the broker does.
 */
export async function start(config: CleanerConfig, deps: CleanerDeps): Promise<Service> {
  const { topics, spec, partitions } = config;
  const catalogue = createCatalogue();
  const repair = createCatalogueRepair(catalogue);
  const metrics = createMetrics(deps.telemetry.registry, stepNames(spec.cleaning));
  const learned = await followLearned(config, deps, metrics);
  const feed = createCatalogueFeed(catalogue);
  const clean = createBatchCleaner(spec, { catalogue, feed, partitions, cleaning: () => learned.current() });
  const producer = await deps.broker.producer();
  const stage = createStage({ topics, producer, clean, metrics, clock: deps.clock });
  const caughtUp = Promise.withResolvers<void>();
  const items = await followItems(deps, {
    topic: topics.items,
    repair,
    onRead: () => metrics.items(catalogue.size),
    onCaughtUp: caughtUp.resolve,
  });
  const life: Life = { consumer: undefined, stopping: false };
  const opening = Promise.all([caughtUp.promise, learned.ready])
    .then(async () => {
      if (!life.stopping) life.consumer = await consume(config, deps, stage);
    })
    .catch(deps.onFatal);
  const settle = () => commit(life, stage, deps);
  const timer = setInterval(() => {
    void settle();
    void putRight(repair, { topic: topics.items, producer }, deps);
  }, settleEveryMs);

  const stop = async (): Promise<void> => {
    life.stopping = true;
    caughtUp.resolve();
    await learned.close();
    await opening;
    await stage.drain();
    clearInterval(timer);
    await settle();
    await life.consumer?.close();
    await Promise.all([items.close(), producer.close()]);
  };
  let stopped: Promise<void> | undefined;
  return { name: 'cleaner', health: () => healthOf(life, learned), stop: () => (stopped ??= stop()) };
}

interface Life {
  consumer: Consumer | undefined;
  stopping: boolean;
}

function healthOf({ consumer, stopping }: Life, learned: LearnedFeed): Health {
  if (stopping) return { ready: false, reasons: ['stopping'] };
  const problem = learned.problem();
  const notes = problem !== undefined && { notes: [problem] };
  if (consumer !== undefined) return { ready: true, reasons: [], ...notes };
  return { ready: false, reasons: ['the catalogue of items, or the model in service, is not read yet'], ...notes };
}

/** A name may stand in several lists. */
const stepNames = ({ impute, scale, outliers }: LearnedSteps): string[] => [
  ...new Set([...impute, ...scale, ...outliers].map(({ name }) => name)),
];

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
  readonly repair: CatalogueRepair;
  readonly onRead: () => void;
  readonly onCaughtUp: () => void;
}

function followItems({ broker, telemetry, onFatal }: CleanerDeps, { topic, repair, onRead, onCaughtUp }: Follow) {
  return broker.follow({
    topic,
    onRecords: (_, records) => {
      for (const offset of repair.read(records))
        telemetry.logger.warn({ code: 'BadData', topic, offset }, 'a record of items is malformed');
      onRead();
    },
    onCaughtUp,
    onFatal,
  });
}

function commit({ consumer }: Life, stage: Stage, deps: CleanerDeps): Promise<void> {
  if (consumer === undefined) return Promise.resolve();
  return tryAgainLater(deps, 'the position was not committed', () => stage.commit(consumer));
}

async function putRight(
  repair: CatalogueRepair,
  { topic, producer }: { topic: string; producer: Producer },
  deps: CleanerDeps,
): Promise<void> {
  const records = repair.due();
  if (records.length > 0)
    await tryAgainLater(deps, 'items were not published again', () => producer.send(topic, records));
}

/** What fails here is tried again a second later; until then it costs repeats after a crash and nothing else. */
async function tryAgainLater({ telemetry }: CleanerDeps, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = error instanceof LikenessError ? error.code : 'BrokerUnavailable';
    telemetry.logger.warn({ code, error }, what);
  }
}
