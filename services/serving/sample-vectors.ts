/** What the trainer compares: of a sampled share of the answers, the values that the model was given. */
import { LikenessError } from '../shared/errors.ts';
import type { ServedVector } from '../shared/learning/skew/served-vector.ts';
import { lotOf } from '../shared/learning/point-in-time/draw.ts';
import type { ProfileReader, ReadProfile } from './profile-reader.ts';

export interface VectorSample {
  /** Reads with marks where the answer is one of the sampled. */
  read(id: string, requestId: string): Promise<ReadProfile | undefined>;
  /** undefined: the answer is not sampled, or shows the profile as of a moment that was asked for. */
  vectorOf(profile: ReadProfile | undefined, features: readonly string[], at: number): ServedVector | undefined;
}

/** `share` of the requests, drawn by their ids; `definition` is the hash over all features. */
export function sampleVectors(profiles: ProfileReader, definition: string, share: number): VectorSample {
  return {
    read: (id, requestId) => (lotOf(0, requestId) < share ? profiles.readMarked(id) : profiles.read(id)),
    vectorOf(profile, features, at) {
      if (profile?.marks === undefined) return undefined;
      const attributes = profiles.attributesAt(profile, at);
      const values = features.map((name): [string, unknown] => [name, valueOf(attributes[name], name)]);
      return { at, definition, read: [...profile.marks], profile: profile.id, values: Object.fromEntries(values) };
    },
  };
}

function valueOf(attribute: { readonly value: unknown } | undefined, name: string): unknown {
  if (attribute) return attribute.value;
  throw new LikenessError('NotFound', `There is no feature named ${name}`);
}
