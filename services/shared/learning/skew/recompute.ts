/** Computes served vectors again: replays the profiles that they were made of, up to the watermarks that were read. */
import type { CleanEvent } from '../../event.ts';
import { attributesAt, earliestAsOf } from '../../profile/attributes.ts';
import { decodeProfile, encodeProfile } from '../../profile/codec.ts';
import type { CompiledFeatures } from '../../profile/compile.ts';
import { ReplayedProfiles } from '../../profile/replayed-profiles.ts';
import { resolveHeld } from '../../profile/resolve.ts';
import { SkewSums, type SkewReport } from './compare-vectors.ts';
import type { ServedVector } from './served-vector.ts';

const keyOf = (profile: string, offset: number): string => `${offset} ${profile}`;

/** A state that is to be kept when the replay comes to an offset. */
interface Due {
  readonly profile: string;
  readonly offset: number;
}

export interface ReplayOf {
  readonly compiled: CompiledFeatures;
  /** `definitionOfValues` of these features. */
  readonly definition: string;
  readonly dedupeWindowMs: number;
}

/** Memory is bounded by the vectors: no other profile is replayed. */
export class Recompute {
  readonly #compiled: CompiledFeatures;
  readonly #definition: string;
  readonly #vectors: readonly ServedVector[];
  readonly #profiles: ReplayedProfiles;
  readonly #wanted: ReadonlySet<string>;
  /** By partition, ascending by offset. */
  readonly #due: ReadonlyMap<number, Due[]>;
  /** State as it was at an offset. */
  readonly #states = new Map<string, Uint8Array>();

  constructor({ compiled, definition, dedupeWindowMs }: ReplayOf, vectors: readonly ServedVector[]) {
    this.#compiled = compiled;
    this.#definition = definition;
    this.#vectors = vectors;
    this.#profiles = new ReplayedProfiles(compiled, dedupeWindowMs);
    const read = vectors.flatMap((vector) => vector.read);
    this.#wanted = new Set(read.map(({ profile }) => profile));
    const inOrder = read.toSorted((a, b) => a.offset - b.offset);
    this.#due = Map.groupBy(inOrder, ({ partition }) => partition);
  }

  /** The offsets that have to be replayed, from the first of the log: `to` is exclusive. */
  ranges(): { readonly partition: number; readonly to: number }[] {
    return [...this.#due].map(([partition, due]) => ({ partition, to: due.at(-1)!.offset + 1 }));
  }

  /** Events of a partition, in order, each with the offset of its record. */
  take(event: CleanEvent, partition: number, offset: number): void {
    this.#keepBefore(partition, offset);
    if (this.#wanted.has(event.profile)) this.#profiles.apply(event);
  }

  /** The partition was replayed as far as it was asked for. */
  end(partition: number): void {
    this.#keepBefore(partition, Infinity);
  }

  /** `isHeld`: whether all records of a partition could be replayed. */
  report(isHeld: (partition: number) => boolean): SkewReport {
    const sums = new SkewSums();
    for (const vector of this.#vectors) {
      const { definition, read, values } = vector;
      if (definition !== this.#definition || !read.every(({ partition }) => isHeld(partition))) sums.addUnchecked();
      else sums.add(values, this.#compute(vector));
    }
    return sums.report();
  }

  #keepBefore(partition: number, offset: number): void {
    const due = this.#due.get(partition) ?? [];
    while (due.length > 0 && due[0]!.offset < offset) {
      const { profile, offset: at } = due.shift()!;
      const state = this.#profiles.stateOf(profile);
      if (state) this.#states.set(keyOf(profile, at), encodeProfile(this.#compiled, state));
    }
  }

  #compute({ profile, read, at, values }: ServedVector): Record<string, unknown> {
    const offsets = new Map(read.map((each) => [each.profile, each.offset]));
    const { state } = resolveHeld(this.#compiled, profile, (id) => {
      const bytes = this.#states.get(keyOf(id, offsets.get(id) ?? -1));
      return bytes && decodeProfile(this.#compiled, bytes);
    });
    // A state with events of after the moment is another one than was served: none of its values is the same.
    if (state === undefined || (earliestAsOf(state) ?? -Infinity) > at) return {};
    const attributes = attributesAt(this.#compiled, state, at);
    return Object.fromEntries(Object.keys(values).map((name) => [name, attributes[name]?.value]));
  }
}
