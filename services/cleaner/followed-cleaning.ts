/** Follows the stream `models`: fetches what is in service, checks it, and takes over what it has learned for the cleaner. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LearnedSteps } from '../../crds/learned-cleaning.ts';
import { LikenessError } from '../shared/errors.ts';
import type { LoadedCleaning } from '../shared/learning/artifact.ts';
import { readActive, stableOf, type ActiveMessage, type ModelRef } from '../shared/model-stream.ts';
import { activeCleaning, type ActiveCleaning } from './active-cleaning.ts';
import type { CleanerMetrics } from './metrics.ts';

export interface FollowedCleaning {
  /** One record of the stream `models`. */
  apply(record: { readonly key: string | null; readonly value: Uint8Array | null }): void;
  /** undefined: no model has learned anything yet. */
  current(): ActiveCleaning | undefined;
  /** Resolves once what was announced so far is taken over or refused. */
  settled(): Promise<void>;
  /** Why what is in service is not applied, in words for a person. */
  problem(): string | undefined;
  close(): Promise<void>;
}

export interface FollowedCleaningOptions {
  /** The model whose artifact carries the cleaning. */
  readonly model: string;
  readonly steps: LearnedSteps;
  readonly fetch: (digest: string) => Promise<ReadonlyMap<string, Uint8Array>>;
  /** Verifies and decodes; throws `ModelInvalid`. */
  readonly open: (files: ReadonlyMap<string, Uint8Array>, digest: string) => LoadedCleaning;
  readonly metrics: Pick<CleanerMetrics, 'modelLoads' | 'malformed'>;
  readonly logger: Logger;
  /** Pause before an artifact that could not be fetched is asked for again. */
  readonly retryMs?: number;
}

type Outcome = 'loaded' | 'refused' | 'unavailable';

export function followedCleaning(options: FollowedCleaningOptions): FollowedCleaning {
  const { model, steps, metrics, logger, retryMs = 2000 } = options;
  const closing = new AbortController();
  let wanted: ActiveMessage | undefined;
  let current: ActiveCleaning | undefined;
  let digest: string | undefined;
  let problem: string | undefined;
  let work: Promise<void> | undefined;

  async function catchUp(): Promise<void> {
    for (let done: ActiveMessage | undefined; wanted !== done && !closing.signal.aborted;) {
      const message = wanted!;
      if ((await attempt(stableOf(message))) !== 'unavailable') done = message;
      else await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    work = undefined;
  }

  /** What cannot be fetched may come; what was fetched and is not good never becomes good. */
  async function attempt(ref: ModelRef): Promise<Outcome> {
    if (ref.digest === digest) {
      problem = undefined;
      return 'loaded';
    }
    let files;
    try {
      files = await options.fetch(ref.digest);
    } catch (error) {
      return fail(ref, 'unavailable', error);
    }
    try {
      const { manifest, cleaning } = options.open(files, ref.digest);
      if (manifest.model !== model || manifest.version !== ref.version)
        throw new LikenessError('ModelInvalid', `the artifact is ${manifest.model} ${manifest.version}`);
      current = cleaning && activeCleaning(manifest.version, cleaning, steps);
    } catch (error) {
      return fail(ref, 'refused', error);
    }
    [digest, problem] = [ref.digest, undefined];
    metrics.modelLoads('loaded');
    logger.info({ model, ...ref, learned: current !== undefined }, 'events are cleaned by this model');
    return 'loaded';
  }

  function fail(ref: ModelRef, result: 'refused' | 'unavailable', error: unknown): Outcome {
    metrics.modelLoads(result);
    const code = error instanceof LikenessError ? error.code : 'ModelInvalid';
    logger.error({ code, error, model, ...ref }, 'the model cleans nothing; the one before it stays');
    const reason = error instanceof Error ? error.message : String(error);
    problem = `the cleaning of model ${model} ${ref.version} is ${result}: ${reason}`;
    return result;
  }

  return {
    apply(record) {
      const message = readActive(record);
      if (message === 'malformed') {
        metrics.malformed();
        logger.error({ code: 'MalformedRecord', key: record.key }, 'a record of the stream models cannot be read');
      } else if (message?.model === model && message.generation > (wanted?.generation ?? -1)) {
        wanted = message;
        work ??= catchUp();
      }
    },
    current: () => current,
    settled: () => work ?? Promise.resolve(),
    problem: () => problem,
    async close() {
      closing.abort();
      await work;
    },
  };
}
