/**
 * Which features serve, and which are wanted. Every instance follows what the profile store says; one whose spec wants
 * others computes them beside, and when every partition has caught up, one of the instances lets them take over.
 */
import type { EventDefinition } from '../../../crds/pipeline.ts';
import type { FeatureDefinition } from '../../../crds/features.ts';
import {
  compileActive,
  otherSlot,
  readActiveFeatures,
  statesTag,
  writeActiveFeatures,
  type ActiveFeatures,
  type PipelineKey,
  type Slot,
} from '../../shared/active-features.ts';
import { readBackfill, type BackfillProgress } from '../../shared/backfill.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import type { ProfileStore } from '../../shared/profile-store.ts';
import type { Clock } from '../../shared/service.ts';
import { definitionChanged } from '../start-position.ts';

export interface FeatureSwitchOptions {
  readonly store: ProfileStore;
  readonly clock: Clock;
  readonly pipeline: PipelineKey;
  readonly partitions: number;
  readonly features: readonly FeatureDefinition[];
  readonly events: readonly EventDefinition[];
  /** Of the spec's features. */
  readonly wanted: CompiledFeatures;
  readonly onOverflow: (feature: string) => void;
  /** Features that cannot be compiled any more give way at once, and their profiles are computed anew. */
  readonly rebuilds: boolean;
  /** So long other features are known before they are taken up. */
  readonly settleMs: number;
}

/** Of instances that begin at once, each but the first finds what another one has written. */
const looks = 5;

export class FeatureSwitch {
  readonly #options: FeatureSwitchOptions;
  /** Generation of those that served when this instance began. Not a time: clocks of two machines differ. */
  readonly #begunAt: number;
  #active: ActiveFeatures;
  #live: CompiledFeatures;
  /** Has been seen, and is taken up when it has settled. */
  #next: { readonly active: ActiveFeatures; readonly from: number } | undefined;

  private constructor(options: FeatureSwitchOptions, active: ActiveFeatures) {
    this.#options = options;
    this.#begunAt = active.generation;
    this.#active = active;
    this.#live = this.#compile(active);
  }

  /** Rejects with `DefinitionChanged`, or as the store does. */
  static async open(options: FeatureSwitchOptions): Promise<FeatureSwitch> {
    for (let look = 1; look <= looks; look++) {
      const found = await readActiveFeatures(options.store, options.pipeline);
      if (found === undefined) await begin(options);
      else if (options.rebuilds && !isKnown(options, found)) await replace(options, found);
      else return new FeatureSwitch(options, found);
    }
    throw new LikenessError('StoreUnavailable', 'The profile store does not keep which features its profiles are of.', {
      retryable: true,
    });
  }

  /** Those that serve. */
  get live(): CompiledFeatures {
    return this.#live;
  }

  get slot(): Slot {
    return this.#active.slot;
  }

  /** 1 until others have ever taken over. */
  get generation(): number {
    return this.#active.generation;
  }

  /** When the active features took over, milliseconds since 1970. */
  get since(): number {
    return this.#active.since;
  }

  /**
   * Whether the spec's features are to be computed beside those that serve. An instance from before the last switch wants
   * what has been replaced: it is about to be replaced too.
   */
  get isBehind(): boolean {
    const { hash, generation } = this.#active;
    return hash !== this.#options.wanted.hash && generation <= this.#begunAt;
  }

  /** Looks whether other features have taken over. True: they have, and `live` and `slot` are theirs now. */
  async follow(): Promise<boolean> {
    const { store, pipeline, clock, settleMs } = this.#options;
    const found = await readActiveFeatures(store, pipeline);
    // A store that has lost everything is filled again from the log, by the same features.
    if (found === undefined) await writeActiveFeatures(store, pipeline, undefined, this.#active);
    if (found === undefined || found.generation === this.#active.generation) return false;
    if (found.generation !== this.#next?.active.generation)
      this.#next = { active: found, from: clock.now() + settleMs };
    if (clock.now() < this.#next.from) return false;
    this.#live = this.#compile(found);
    this.#active = found;
    return true;
  }

  /** Asks the store whether nobody has switched since: else the slot that is idle here is the one that serves. */
  async isCurrent(): Promise<boolean> {
    const found = await readActiveFeatures(this.#options.store, this.#options.pipeline);
    return found?.generation === this.#active.generation;
  }

  progress(): Promise<BackfillProgress> {
    const { store, pipeline, partitions, wanted } = this.#options;
    return readBackfill(store, { pipeline, partitions, active: this.#active, wanted: wanted.hash });
  }

  /** Lets the wanted features take over if every partition has caught up. True: they have. */
  async tryOver(): Promise<boolean> {
    if (this.#next !== undefined && this.#next.active.generation > this.#active.generation) return false;
    const { isComplete } = await this.progress();
    return isComplete && replace(this.#options, this.#active);
  }

  #compile(active: ActiveFeatures): CompiledFeatures {
    const { wanted, events, onOverflow } = this.#options;
    // What does not belong to the states, such as ratios, is the spec's.
    return active.hash === wanted.hash ? wanted : compileActive(active, events, onOverflow);
  }
}

function isKnown({ wanted, events }: FeatureSwitchOptions, active: ActiveFeatures): boolean {
  if (active.hash === wanted.hash) return true;
  try {
    compileActive(active, events);
    return true;
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'DefinitionChanged') return false;
    throw error;
  }
}

/** What was written before anybody noted its features may be by any: it is not taken for the spec's. */
async function begin(options: FeatureSwitchOptions): Promise<void> {
  const { store, pipeline, partitions, wanted, rebuilds } = options;
  let slot: Slot = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const { watermark } = await store.read(statesTag(pipeline, partition, 0), []);
    if (watermark === undefined || watermark.definition === wanted.hash) continue;
    if (!rebuilds) throw definitionChanged({ partition, definition: wanted.hash }, watermark);
    slot = 1;
  }
  await writeActiveFeatures(store, pipeline, undefined, activeOf(options, { slot, generation: 1 }));
}

function replace(options: FeatureSwitchOptions, before: ActiveFeatures): Promise<boolean> {
  const { store, pipeline } = options;
  const next = activeOf(options, { slot: otherSlot(before.slot), generation: before.generation + 1 });
  return writeActiveFeatures(store, pipeline, before, next);
}

function activeOf(
  { wanted, features, clock }: FeatureSwitchOptions,
  at: Pick<ActiveFeatures, 'slot' | 'generation'>,
): ActiveFeatures {
  return { ...at, hash: wanted.hash, since: clock.now(), features, mergeOn: wanted.mergeOn };
}
