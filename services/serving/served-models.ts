/** Follows the stream `models`: loads what is made active, checks it, and swaps one reference. Never a request's concern. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LikenessError } from '../shared/errors.ts';
import type { LoadedClassifier, LoadedModel } from '../shared/learning/artifact.ts';
import { checkGolden } from '../shared/learning/gate/golden.ts';
import { readActive, type ActiveMessage, type ModelRef } from '../shared/model-stream.ts';
import type { ServingMetrics } from './metrics.ts';
import type { Served, ServedModel } from './recommend.ts';
import { isOnTrial } from '../shared/trial.ts';

/** `S`: a model in memory; by default one that recommends. */
export interface ServedModels<S = ServedModel> {
  /** One record of the stream `models`. */
  apply(record: { readonly key: string | null; readonly value: Uint8Array | null }): void;
  /** The model that answers this profile now, null being nobody; a request asks once and keeps the answer. */
  get(name: string, profile?: string | null): S | undefined;
  /** True while a first model is being loaded, so that readiness can wait for it. */
  isStarting(): boolean;
  /** What is wrong although the previous model goes on serving. */
  notes(): string[];
  close(): Promise<void>;
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
  /** Tries one that is new; throws `ModelInvalid`. */
  readonly check: (loaded: L) => void;
  readonly serve: (served: Served<L>) => S;
}

export function createServedModels(options: ServedModelsOptions): ServedModels {
  return followActive<LoadedModel, ServedModel>({
    ...options,
    check: checkGolden,
    serve: (served) => ({ ...served, scores: new Float64Array(served.loaded.recommender.items.size) }),
  });
}

export type ServedClassifier = Served<LoadedClassifier>;

/** Opening one has tried its golden rows. */
export function createServedClassifiers(
  options: FollowingOptions & { readonly open: Open<LoadedClassifier> },
): ServedModels<ServedClassifier> {
  return followActive({ ...options, check: () => undefined, serve: (served: ServedClassifier) => served });
}

interface Slot<S> {
  current?: S;
  /** Kept, so that going back to it needs no loading. */
  previous?: S;
  /** While the current one is on trial: who answers the others. */
  trial?: { readonly percent: number; readonly stable: S } | undefined;
  /** The newest message; what is loaded next or is being loaded. */
  wanted?: ActiveMessage;
  /** Why `wanted` does not serve. */
  problem?: string;
  work?: Promise<void>;
}

function followActive<L extends Loaded, S extends Served<L>>(options: Serving<L, S>): ServedModels<S> {
  const { metrics, logger, retryMs = 2000 } = options;
  const slots = new Map<string, Slot<S>>(options.names.map((name) => [name, {}]));
  const closing = new AbortController();

  function want(message: ActiveMessage): void {
    const slot = slots.get(message.model);
    if (!slot || message.generation <= (slot.wanted?.generation ?? -1)) return;
    slot.wanted = message;
    slot.work ??= work(slot);
  }

  async function work(slot: Slot<S>): Promise<void> {
    for (let done: ActiveMessage | undefined; slot.wanted !== done && !closing.signal.aborted;) {
      const message = slot.wanted!;
      if ((await attempt(slot, message)) !== 'unavailable') done = message;
      else await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    slot.work = undefined;
  }

  /** What cannot be fetched may come; what was fetched and is not good never becomes good. */
  async function attempt(slot: Slot<S>, message: ActiveMessage): Promise<'swapped' | 'refused' | 'unavailable'> {
    const found = await find(slot, message.digest);
    if ('result' in found) return fail(slot, message, found.result, found.error);
    const beside = await findStable(slot, message);
    if (beside && 'result' in beside && beside.result === 'unavailable')
      return fail(slot, message, beside.result, beside.error);
    try {
      const next = options.serve(toServed(message, message, found.loaded));
      if (found.isNew) options.check(next.loaded);
      const trial = beside && 'loaded' in beside ? trialOf(message, beside.loaded, options.serve) : undefined;
      swap(slot, trial ? { ...next, arm: 'canary' } : next, trial);
    } catch (error) {
      return fail(slot, message, 'refused', error);
    }
    metrics.modelLoads.inc({ model: message.model, result: found.isNew ? 'loaded' : 'reused' });
    logger.info(named(message), 'the model serves');
    return 'swapped';
  }

  async function find({ current, previous, trial }: Slot<S>, digest: string): Promise<Found<L>> {
    const kept = [current, previous, trial?.stable].find((held) => held?.loaded.digest === digest);
    if (kept) return { loaded: kept.loaded, isNew: false };
    let files;
    try {
      files = await options.fetch(digest);
    } catch (error) {
      return { result: 'unavailable', error };
    }
    try {
      return { loaded: options.open(files, digest), isNew: true };
    } catch (error) {
      return { result: 'refused', error };
    }
  }

  /** A stable one that is bad is no reason to answer nobody: then the one on trial answers all. */
  async function findStable(slot: Slot<S>, message: ActiveMessage): Promise<Found<L> | undefined> {
    const { canaryPercent, stable } = message;
    if (stable === undefined || !(canaryPercent < 100)) return undefined;
    const found = await find(slot, stable.digest);
    if ('error' in found)
      logger.error(
        { code: 'ModelInvalid', error: found.error, ...named(message), stable },
        'the stable model is missing',
      );
    return found;
  }

  function fail<Result extends 'refused' | 'unavailable'>(
    slot: Slot<S>,
    message: ActiveMessage,
    result: Result,
    error: unknown,
  ): Result {
    const { model, version, generation } = message;
    metrics.modelLoads.inc({ model, result });
    const code = error instanceof LikenessError ? error.code : 'ModelInvalid';
    logger.error({ code, error, ...named(message) }, 'the model does not serve; the one before it stays');
    const reason = error instanceof Error ? error.message : String(error);
    slot.problem = `model ${model} ${version}, generation ${generation}, is ${result}: ${reason}`;
    return result;
  }

  function swap(slot: Slot<S>, next: S, trial: Slot<S>['trial']): void {
    if (slot.current && slot.current.loaded !== next.loaded) slot.previous = slot.current;
    slot.current = next;
    slot.trial = trial;
    slot.problem = undefined;
    metrics.modelGeneration.set({ model: next.name }, next.generation);
    metrics.modelTrained.set({ model: next.name }, next.trainedAt / 1000);
  }

  return {
    apply({ key, value }) {
      const message = readActive({ key, value });
      if (message === undefined) return;
      if (message !== 'malformed') return want(message);
      metrics.malformed.inc({ stream: 'models' });
      logger.error({ code: 'MalformedRecord', key }, 'a record of the stream models cannot be read');
    },
    get(name, profile = null) {
      const { current, trial } = slots.get(name) ?? {};
      if (!current || !trial) return current;
      return isOnTrial(profile, current.loaded.digest, trial.percent) ? current : trial.stable;
    },
    isStarting: () => [...slots.values()].some((slot) => slot.work && !slot.current && !slot.problem),
    notes: () => [...slots.values()].flatMap(({ problem }) => problem ?? []),
    async close() {
      closing.abort();
      for (const slot of slots.values()) await slot.work;
    },
  };
}

const named = ({ model, version, generation, digest }: ActiveMessage) => ({ model, version, generation, digest });

type Found<L> =
  | { readonly loaded: L; readonly isNew: boolean }
  | { readonly result: 'refused' | 'unavailable'; readonly error: unknown };

function trialOf<L extends Loaded, S extends Served<L>>(
  message: ActiveMessage,
  stable: L,
  serve: (served: Served<L>) => S,
): Slot<S>['trial'] {
  return {
    percent: message.canaryPercent,
    stable: serve({ ...toServed(message, message.stable!, stable), arm: 'stable' }),
  };
}

function toServed<L extends Loaded>(message: ActiveMessage, ref: ModelRef, loaded: L): Served<L> {
  const { model, version, trainedAt } = loaded.manifest;
  if (model !== message.model || version !== ref.version) {
    const text = `the artifact is ${model} ${version}, made active was ${message.model} ${ref.version}`;
    throw new LikenessError('ModelInvalid', text);
  }
  return { name: model, generation: message.generation, loaded, trainedAt: Date.parse(trainedAt) };
}
