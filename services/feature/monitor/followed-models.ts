/** The models in service, for the watches. Profiles never wait for them. */
import type { Logger } from 'pino';
import { LikenessError } from '../../shared/errors.ts';
import { followModels, type FollowedModels, type Found } from '../../shared/follow-models.ts';
import type { LoadedClassifier, LoadedModel } from '../../shared/learning/artifact.ts';
import type { Baseline } from '../../shared/learning/drift/baseline.ts';
import { isTrial, stableOf, type ActiveMessage, type ModelRef } from '../../shared/model-stream.ts';
import type { WatchedModel } from './watched-model.ts';

export interface WatchedModels extends FollowedModels {
  /** Those in service, as far as they are loaded. */
  current(): readonly WatchedModel[];
  /**
   * Of an artifact by its digest, whether it is in service here or not. undefined: it has none, or is no good. Rejects
   * with what the store does while it is away.
   */
  baselineOf(digest: string): Promise<Baseline | undefined>;
}

type Loaded = LoadedModel | LoadedClassifier;

export interface FollowedModelsOptions {
  /** The models of the spec. */
  readonly names: readonly string[];
  readonly fetch: (digest: string) => Promise<ReadonlyMap<string, Uint8Array>>;
  /** Verifies and decodes; throws `ModelInvalid`. */
  readonly open: (files: ReadonlyMap<string, Uint8Array>, digest: string) => Loaded;
  readonly watch: (loaded: Loaded, generation: number) => WatchedModel;
  readonly logger: Logger;
  /** Pause before an artifact that could not be fetched is asked for again. */
  readonly retryMs?: number;
}

/** Baselines are small; a monitor needs those of the model in service and of the one before. */
const keptBaselines = 16;

export function followedModels(options: FollowedModelsOptions): WatchedModels {
  const watched = new Map<string, WatchedModel>();
  const baselines = new Map<string, Baseline | undefined>();

  /** The one on trial is asked beside the one that has proved itself, which never waits for it. */
  async function take(message: ActiveMessage, find: (ref: ModelRef) => Promise<Found<Loaded>>) {
    const { model: name, generation, activatedAt: since } = message;
    const stable = await find(stableOf(message));
    if ('result' in stable) {
      if (stable.result === 'refused') watched.delete(name);
      return stable;
    }
    const own = watch(stable, generation);
    watched.set(name, own);
    if (!isTrial(message)) return undefined;
    const beside = await find(message);
    if ('result' in beside) return beside;
    watched.set(name, { ...own, onTrial: { model: watch(beside, generation), since } });
    return undefined;
  }

  function watch({ loaded, isNew }: Exclude<Found<Loaded>, { error: unknown }>, generation: number): WatchedModel {
    const { manifest, digest, baseline } = loaded;
    keep(digest, baseline);
    const { model, version } = manifest;
    const inputs = Object.keys(baseline?.inputs ?? {});
    if (isNew) options.logger.info({ model, version, digest, inputs }, 'the model is watched');
    return options.watch(loaded, generation);
  }

  function keep(digest: string, baseline: Baseline | undefined): void {
    baselines.set(digest, baseline);
    const [oldest] = baselines.keys();
    if (baselines.size > keptBaselines && oldest !== undefined) baselines.delete(oldest);
  }

  const followed = followModels<Loaded>({ ...options, take });
  return {
    ...followed,
    current: () => [...watched.values()],
    async baselineOf(digest) {
      if (!baselines.has(digest)) keep(digest, await readBaseline(options, digest));
      return baselines.get(digest);
    },
  };
}

/** An artifact that is gone, or is no good, is watched by quality alone. */
async function readBaseline(
  { fetch, open, logger }: FollowedModelsOptions,
  digest: string,
): Promise<Baseline | undefined> {
  try {
    return open(await fetch(digest), digest).baseline;
  } catch (error) {
    const isGone = error instanceof LikenessError && !error.retryable;
    if (!isGone) throw error;
    logger.warn({ code: error.code, error, digest }, 'the inputs of this model cannot be watched');
    return undefined;
  }
}
