/** What the trainer compares: of a sampled share of the answers, the values that the model was given. */
import type { CompiledFeatures } from '../shared/profile/compile.ts';
import type { ServedVector } from '../shared/learning/skew/served-vector.ts';
import { lotOf } from '../shared/learning/point-in-time/draw.ts';
import type { ProfileReader, ReadProfile } from './profile-reader.ts';

export interface VectorSample {
  /** Reads with marks where the answer is one of the sampled. */
  read(id: string, requestId: string): Promise<ReadProfile | undefined>;
  /** undefined: the answer is not sampled, or shows the profile as of a moment that was asked for. */
  vectorOf(profile: ReadProfile | undefined, features: readonly string[], at: number): ServedVector | undefined;
}

/** `share` of the requests, drawn by their ids; `definitionOf` gives the hash over all features of a profile. */
export function sampleVectors(
  profiles: ProfileReader,
  definitionOf: (features: CompiledFeatures) => string,
  share: number,
): VectorSample {
  return {
    read: (id, requestId) => (lotOf(0, requestId) < share ? profiles.readMarked(id) : profiles.read(id)),
    vectorOf(profile, features, at) {
      if (profile?.marks === undefined) return undefined;
      const attributes = profiles.attributesAt(profile, at);
      // While a feature is computed from the history, there is nothing to compare.
      if (!features.every((name) => attributes[name] !== undefined)) return undefined;
      const values = features.map((name): [string, unknown] => [name, attributes[name]!.value]);
      const definition = definitionOf(profile.features);
      return { at, definition, read: [...profile.marks], profile: profile.id, values: Object.fromEntries(values) };
    },
  };
}
