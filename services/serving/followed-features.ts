/** The features that the stored profiles are of, which for a while after a change of the spec are not the spec's. */
import type { EventDefinition } from '../../crds/pipeline.ts';
import {
  believedMs,
  compileActive,
  readActiveFeatures,
  type ActiveFeatures,
  type PipelineKey,
  type Slot,
} from '../shared/active-features.ts';
import type { CompiledFeatures } from '../shared/profile/compile.ts';
import type { ProfileStore } from '../shared/profile-store.ts';
import type { Clock } from '../shared/service.ts';

export interface ServedFeatures {
  readonly compiled: CompiledFeatures;
  /** Where their states lie. */
  readonly slot: Slot;
}

export interface FollowedFeatures {
  /** Rejects with `DefinitionChanged` where this code cannot read the states, or as the store does. */
  current(): Promise<ServedFeatures>;
  close(): void;
}

export interface FollowFeaturesOptions {
  readonly store: Pick<ProfileStore, 'readNote'>;
  readonly pipeline: PipelineKey;
  /** Of the spec. */
  readonly own: CompiledFeatures;
  readonly events: readonly EventDefinition[];
  readonly clock: Clock;
  /** Default: a second. */
  readonly everyMs?: number;
}

export function followFeatures(options: FollowFeaturesOptions): FollowedFeatures {
  const { store, pipeline, clock, everyMs = 1000 } = options;
  let known: { readonly served: ServedFeatures; readonly generation: number } | undefined;
  let knownAt = -Infinity;
  let looking: Promise<ServedFeatures> | undefined;

  async function look(): Promise<ServedFeatures> {
    const startedAt = clock.now();
    const active = await readActiveFeatures(store, pipeline);
    const generation = active?.generation ?? 0;
    if (known?.generation !== generation) known = { served: servedBy(active, options), generation };
    knownAt = startedAt;
    return known.served;
  }

  const lookOnce = (): Promise<ServedFeatures> => (looking ??= look().finally(() => (looking = undefined)));
  // Whoever asks next hears of a failure.
  const timer = setInterval(() => void lookOnce().catch(() => undefined), everyMs);
  timer.unref();
  return {
    async current() {
      return known !== undefined && clock.now() - knownAt < believedMs ? known.served : lookOnce();
    },
    close: () => clearInterval(timer),
  };
}

function servedBy(active: ActiveFeatures | undefined, { own, events }: FollowFeaturesOptions): ServedFeatures {
  if (active === undefined) return { compiled: own, slot: 0 };
  const compiled = compileActive(active, events);
  // What does not belong to the states, such as ratios, is the spec's.
  return { compiled: compiled.stamp === own.stamp ? own : compiled, slot: active.slot };
}
