/** The models that answer: what is in service is tried, and swapped by one reference. Never a request's concern. */
import type { Logger } from 'pino';
import { followModels, type Found, type FollowedModels, type Obstacle } from '../shared/follow-models.ts';
import type { LoadedClassifier, LoadedModel } from '../shared/learning/artifact.ts';
import { checkGolden } from '../shared/learning/gate/golden.ts';
import { isTrial, type ActiveMessage, type ModelRef } from '../shared/model-stream.ts';
import { isOnTrial } from '../shared/trial.ts';
import type { Arm } from '../shared/trial-figures.ts';
import type { ServingMetrics } from './metrics.ts';
import type { Served, ServedModel } from './recommend.ts';

/** `S`: a model in memory; by default one that recommends. */
export interface ServedModels<S = ServedModel> extends FollowedModels {
  /** The model that answers this profile now, null being nobody; a request asks once and keeps the answer. */
  get(name: string, profile?: string | null): S | undefined;
}

interface FollowingOptions {
  /** The models of the spec; messages about others are passed over. */
  readonly names: readonly string[];
  readonly fetch: (digest: string) => Promise<ReadonlyMap<string, Uint8Array>>;
  readonly metrics: ServingMetrics;
  readonly logger: Logger;
  /** Pause before an artifact that could not be fetched is asked for again. */
  readonly retryMs?: number;
}

type Open<L> = (files: ReadonlyMap<string, Uint8Array>, digest: string) => L;

export interface ServedModelsOptions extends FollowingOptions {
  /** Verifies and decodes; throws `ModelInvalid`. */
  readonly open: Open<LoadedModel>;
}

type Loaded = LoadedModel | LoadedClassifier;

interface Serving<L extends Loaded, S extends Served<L>> extends FollowingOptions {
  readonly open: Open<L>;
  readonly serve: (served: Served<L>) => S;
}

export function createServedModels(options: ServedModelsOptions): ServedModels {
  return serveActive<LoadedModel, ServedModel>({
    ...options,
    open: (files, digest) => {
      const loaded = options.open(files, digest);
      checkGolden(loaded);
      return loaded;
    },
    serve: (served) => ({ ...served, scores: new Float64Array(served.loaded.recommender.items.size) }),
  });
}

export type ServedClassifier = Served<LoadedClassifier>;

/** Opening one has tried its golden rows. */
export function createServedClassifiers(
  options: FollowingOptions & { readonly open: Open<LoadedClassifier> },
): ServedModels<ServedClassifier> {
  return serveActive({ ...options, serve: (served: ServedClassifier) => served });
}

/** Who answers for a model of the spec. */
interface Answering<S> {
  readonly current: S;
  /** While the current one is on trial: who answers the others. */
  readonly trial?: { readonly percent: number; readonly stable: S };
}

function serveActive<L extends Loaded, S extends Served<L>>(options: Serving<L, S>): ServedModels<S> {
  const { metrics, logger, serve } = options;
  const answering = new Map<string, Answering<S>>();

  async function take(message: ActiveMessage, find: (ref: ModelRef) => Promise<Found<L>>) {
    const found = await find(message);
    const stable = isTrial(message) ? await find(message.stable) : undefined;
    const trial = stable && 'loaded' in stable ? trialOf(message, stable.loaded, serve) : undefined;
    if ('result' in found) {
      if (trial) answerMeanwhile(message, trial.stable);
      return count(message, found);
    }
    const obstacle = inTheWay(message, stable);
    if (obstacle) {
      answerMeanwhile(message, serve(toServed(message, found.loaded, undefined)));
      return count(message, obstacle);
    }
    show({ current: serve(toServed(message, found.loaded, trial && 'canary')), ...(trial && { trial }) });
    metrics.modelLoads.inc({ model: message.model, result: found.isNew ? 'loaded' : 'reused' });
    logger.info(named(message), 'the model serves');
    return undefined;
  }

  /** A stable one that is bad is no reason to answer nobody: then the one on trial answers all. */
  function inTheWay(message: ActiveMessage, stable: Found<L> | undefined): Obstacle | undefined {
    if (!stable || 'loaded' in stable) return undefined;
    const { error, ref } = stable;
    logger.error({ code: 'ModelInvalid', error, ...named(message), stable: ref }, 'the stable model is missing');
    return stable.result === 'unavailable' ? stable : undefined;
  }

  function show(next: Answering<S>): void {
    const { name: model, generation, trainedAt } = next.current;
    answering.set(model, next);
    metrics.modelGeneration.set({ model }, generation);
    metrics.modelTrained.set({ model }, trainedAt / 1000);
  }

  /** Whoever answers already goes on; where nobody does, the one of the two that is there need not wait for the other. */
  function answerMeanwhile(message: ActiveMessage, one: S): void {
    if (answering.has(message.model)) return;
    answering.set(message.model, { current: one });
    const { version } = one.loaded.manifest;
    logger.warn({ code: 'ModelInvalid', ...named(message), version }, 'this model answers all: the other is not there');
  }

  function count({ model }: ActiveMessage, obstacle: Obstacle): Obstacle {
    metrics.modelLoads.inc({ model, result: obstacle.result });
    return obstacle;
  }

  const followed = followModels<L>({
    ...options,
    take,
    onMalformed: () => metrics.malformed.inc({ stream: 'models' }),
  });
  return {
    ...followed,
    get(name, profile = null) {
      const { current, trial } = answering.get(name) ?? {};
      if (!current || !trial) return current;
      return isOnTrial(profile, current.loaded.digest, trial.percent) ? current : trial.stable;
    },
  };
}

const named = ({ model, version, generation, digest }: ActiveMessage) => ({ model, version, generation, digest });

function trialOf<L extends Loaded, S extends Served<L>>(
  message: ActiveMessage,
  stable: L,
  serve: (served: Served<L>) => S,
): Answering<S>['trial'] {
  return { percent: message.canaryPercent, stable: serve(toServed(message, stable, 'stable')) };
}

function toServed<L extends Loaded>({ model, generation }: ActiveMessage, loaded: L, arm: Arm | undefined): Served<L> {
  const { trainedAt } = loaded.manifest;
  return { name: model, generation, loaded, trainedAt: Date.parse(trainedAt), ...(arm && { arm }) };
}
