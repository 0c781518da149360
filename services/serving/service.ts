/** Serving: reads profiles, holds models in memory, answers over HTTP. Writes nothing but the log of predictions. */
import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { createRemoteJWKSet } from 'jose';
import { openAccessKeyFile, type AccessKeyFile } from '../shared/adapters/access-key-file.ts';
import { readTrustedKeys } from '../shared/adapters/trusted-keys.ts';
import type { Broker, BrokerRecord, Producer } from '../shared/broker.ts';
import { type Catalogue, createCatalogue } from '../shared/catalogue.ts';
import { followStream } from '../shared/follow-stream.ts';
import { openArtifact, openClassifier } from '../shared/learning/artifact.ts';
import { definitionOfValues } from '../shared/learning/skew/served-vector.ts';
import type { ModelStore } from '../shared/model-store.ts';
import { readActive } from '../shared/model-stream.ts';
import type { ProfileStore } from '../shared/profile-store.ts';
import { compileFeatures } from '../shared/profile/compile.ts';
import type { CommonDeps, Handler, Health, Service } from '../shared/service.ts';
import { createAuthenticate, type Authenticate } from './authenticate.ts';
import type { ServingConfig } from './config.ts';
import { followFeatures } from './followed-features.ts';
import { gatherReads } from './gather-reads.ts';
import { createServingMetrics, type ServingMetrics } from './metrics.ts';
import { modelUses } from './model-uses.ts';
import { openApiDocument } from './openapi.ts';
import { createOperations } from './operate.ts';
import { renderPage } from './page.ts';
import { createPredictionLog } from './predictions.ts';
import { noteSkew } from './note-skew.ts';
import { classifierUses } from './propensities.ts';
import { createProfileReader } from './profile-reader.ts';
import { authenticateKeys } from './read-keys.ts';
import { createRouter, type Operations } from './router.ts';
import { sampleVectors } from './sample-vectors.ts';
import { createServedClassifiers, createServedModels } from './served-models.ts';
import { createTrialCounts } from './trial-counts.ts';
import { startTrialReport, type TrialReportOptions } from './trial-report.ts';
import { watchStore } from './watch-store.ts';

export interface ServingDeps extends CommonDeps {
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly models: ModelStore;
  /** Where it is told what was counted of trials; absent: nowhere but in the metrics. */
  readonly tellTrials?: TrialReportOptions['send'] | undefined;
  /** Makes request ids; default: random UUIDs. */
  readonly newId?: () => string;
}

/**
 * Answers at once; `health` says when the catalogue and the models are read and the store can be reached. Rejects with
 * `BadSpec` or `BadConfig`, and as the broker does.
 */
export async function start(config: ServingConfig, deps: ServingDeps): Promise<Service> {
  const { broker, telemetry, store, clock } = deps;
  const { pipeline, partitions, spec } = config;
  const metrics = createServingMetrics(telemetry.registry, namesOf(spec, 'recommend'), namesOf(spec, 'classify'));
  const { readKeysFile } = config;
  const keyFile = readKeysFile === undefined ? undefined : openAccessKeyFile(readKeysFile, telemetry.logger);
  const uses = modelUses(spec);
  const compiled = compileFeatures(spec.features, spec.events);
  const models = serveModels(config, deps, metrics);
  const catalogue = createCatalogue();
  const producer = await broker.producer();
  const predictions = logPredictions(config, deps, { producer, metrics });
  const feeds = await followAll(config, deps, { catalogue, models, metrics });
  const storeWatch = watchStore(store, telemetry.logger);
  const trials = createTrialCounts(metrics, () => performance.now());
  const report =
    deps.tellTrials &&
    startTrialReport({
      read: () => trials.figures(),
      send: deps.tellTrials,
      onFailure: (error) => telemetry.logger.warn({ code: 'ReportFailed', error }, 'trials are not reported'),
    });
  const features = followFeatures({ store, pipeline, own: compiled, events: spec.events, clock });
  const profiles = createProfileReader({ store: readsOf(store), features, pipeline, partitions });
  const operations = createOperations({
    profiles,
    vectors: sampleVectors(profiles, (of) => definitionOfValues(of, spec.events), Number(spec.training.skew.sample)),
    uses,
    modelOf: (name, profile) => models.recommenders.get(name, profile),
    classifiers: classifierUses(spec),
    classifierOf: (name, profile) => models.classifiers.get(name, profile),
    lookup: (itemId) => catalogue.get(itemId)?.item,
    record: (prediction) => predictions.record(prediction),
    metrics,
    trials,
    clock,
    newId: deps.newId ?? randomUUID,
  });

  const health = (): Health => {
    const problems = [storeWatch.problem(), ...feeds.map((feed) => feed.problem())];
    if (models.isStarting()) problems.push('the active model is being loaded');
    const reasons = problems.filter((problem) => problem !== undefined);
    return { ready: reasons.length === 0, reasons, notes: models.notes() };
  };
  const stop = async (): Promise<void> => {
    storeWatch.close();
    features.close();
    keyFile?.close();
    await report?.close();
    await Promise.all([...feeds.map((feed) => feed.close()), models.close(), predictions.close()]);
    await producer.close();
  };
  let stopped: Promise<void> | undefined;
  const authenticate = authenticateReaders(config, keyFile);
  const handler = createHandler(config, deps, { operations, metrics, authenticate });
  return { name: 'serving', handler, health, stop: () => (stopped ??= stop()) };
}

function readsOf(store: ProfileStore): Pick<ProfileStore, 'get' | 'read'> {
  return { get: gatherReads(store).get, read: (tag, ids) => store.read(tag, ids) };
}

type ServingModels = ReturnType<typeof serveModels>;

function serveModels({ spec, trustedKeyFiles }: ServingConfig, deps: ServingDeps, metrics: ServingMetrics) {
  const trustedKeys = readTrustedKeys(trustedKeyFiles);
  const following = { fetch: (digest: string) => deps.models.get(digest), metrics, logger: deps.telemetry.logger };
  const recommenders = createServedModels({
    ...following,
    names: namesOf(spec, 'recommend'),
    open: (files, digest) => openArtifact(files, trustedKeys, digest),
  });
  const classifiers = createServedClassifiers({
    ...following,
    names: namesOf(spec, 'classify'),
    open: (files, digest) => openClassifier(files, trustedKeys, digest),
  });
  return {
    recommenders,
    classifiers,
    apply: (record: BrokerRecord): void => {
      recommenders.apply(record);
      // What cannot be read is counted once.
      if (readActive(record) !== 'malformed') classifiers.apply(record);
    },
    isStarting: () => recommenders.isStarting() || classifiers.isStarting(),
    notes: () => [...recommenders.notes(), ...classifiers.notes()],
    close: () => Promise.all([recommenders.close(), classifiers.close()]),
  };
}

function namesOf({ models }: ServingConfig['spec'], task: 'recommend' | 'classify'): string[] {
  return models.filter((model) => model[task]).map(({ name }) => name);
}

function logPredictions(
  { topics, partitions }: ServingConfig,
  { telemetry }: ServingDeps,
  { producer, metrics }: { producer: Producer; metrics: ServingMetrics },
) {
  const { logger } = telemetry;
  const dropped = metrics.predictionsDropped;
  return createPredictionLog({ producer, topic: topics.predictions, partitions, logger, dropped });
}

interface Followers {
  readonly catalogue: Catalogue;
  readonly models: ServingModels;
  readonly metrics: ServingMetrics;
}

function followAll({ topics, spec }: ServingConfig, deps: ServingDeps, { catalogue, models, metrics }: Followers) {
  const { broker, onFatal, telemetry } = deps;
  const names = new Set(spec.models.map(({ name }) => name));
  const onItem = (record: BrokerRecord): void => {
    if (catalogue.apply(record) === 'malformed') {
      metrics.malformed.inc({ stream: 'items' });
      telemetry.logger.error({ code: 'BadData', offset: record.offset }, 'a record of the stream items is malformed');
    }
    metrics.catalogueItems.set(catalogue.size);
  };
  return Promise.all([
    followStream({ broker, stream: 'items', topic: topics.items, onRecord: onItem, onFatal }),
    followStream({
      broker,
      stream: 'models',
      topic: topics.models,
      onRecord: (record) => {
        models.apply(record);
        noteSkew(record, metrics.modelSkew, names);
      },
      onFatal,
    }),
  ]);
}

/** Either a token or a read key lets in, whatever of them is set up; undefined: neither is. */
function authenticateReaders({ spec }: ServingConfig, keyFile: AccessKeyFile | undefined): Authenticate | undefined {
  const { authentication } = spec.serving;
  const byToken =
    authentication && createAuthenticate(authentication, createRemoteJWKSet(new URL(authentication.jwksUrl)));
  return keyFile ? authenticateKeys(keyFile.keys, byToken) : byToken;
}

interface Answering {
  readonly operations: Operations;
  readonly metrics: ServingMetrics;
  readonly authenticate: Authenticate | undefined;
}

function createHandler(
  { pipeline }: ServingConfig,
  { telemetry }: ServingDeps,
  { operations, metrics, authenticate }: Answering,
): Handler {
  const router = createRouter({
    operations,
    authenticate,
    openApi: JSON.stringify(openApiDocument()),
    page: renderPage(pipeline.name),
    metrics,
    logger: telemetry.logger,
  });
  // The router answers everything, what it does not know included.
  return (request, response) => router(request as Request, response as Response, () => response.destroy());
}
