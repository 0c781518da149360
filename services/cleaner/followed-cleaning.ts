/** What the model in service has learned for the cleaner: of the stable one, while another is on trial. */
import type { Logger } from 'pino';
import type { LearnedSteps } from '../../crds/learned-cleaning.ts';
import { followModels, type FollowedModels, type Found } from '../shared/follow-models.ts';
import type { LoadedCleaning } from '../shared/learning/artifact.ts';
import { stableOf, type ActiveMessage, type ModelRef } from '../shared/model-stream.ts';
import { activeCleaning, type ActiveCleaning } from './active-cleaning.ts';
import type { CleanerMetrics } from './metrics.ts';

export interface FollowedCleaning extends Pick<FollowedModels, 'apply' | 'settled' | 'close'> {
  /** undefined: no model has learned anything yet. */
  current(): ActiveCleaning | undefined;
  /** Why what is in service is not applied, in words for a person. */
  problem(): string | undefined;
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

export function followedCleaning({ model, steps, metrics, ...following }: FollowedCleaningOptions): FollowedCleaning {
  let current: ActiveCleaning | undefined;
  let taken: LoadedCleaning | undefined;

  async function take(message: ActiveMessage, find: (ref: ModelRef) => Promise<Found<LoadedCleaning>>) {
    const found = await find(stableOf(message));
    if ('result' in found) {
      metrics.modelLoads(found.result);
      return found;
    }
    if (found.loaded === taken) return undefined;
    taken = found.loaded;
    const { manifest, cleaning } = found.loaded;
    current = cleaning && activeCleaning(manifest.version, cleaning, steps);
    metrics.modelLoads('loaded');
    following.logger.info(
      { model, version: manifest.version, learned: current !== undefined },
      'events are cleaned by this model',
    );
    return undefined;
  }

  const followed = followModels<LoadedCleaning>({ ...following, names: [model], take, onMalformed: metrics.malformed });
  return { ...followed, current: () => current, problem: () => followed.notes()[0] };
}
