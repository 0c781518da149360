/** A model that classifies, as the feature service looks at events through it: the features that it reads, and what it says. */
import { LikenessError } from '../../shared/errors.ts';
import type { LoadedClassifier } from '../../shared/learning/artifact.ts';
import { probabilityOf } from '../../shared/learning/classify/classifier.ts';
import { featureInputs, featureValues, probabilityInput } from '../../shared/learning/drift/watched-features.ts';
import { attributesAt, earliestAsOf } from '../../shared/profile/attributes.ts';
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import { sketchesOf, type WatchedModel } from './watched-model.ts';

export interface WatchedClassifierInput {
  readonly loaded: LoadedClassifier;
  readonly generation: number;
  readonly compiled: CompiledFeatures;
}

const linkTypes: readonly string[] = ['identify', 'alias'];

/** It is asked as its examples were: about the profile after an event, at the event's moment, unless more was known by then. */
export function watchClassifier({ loaded, generation, compiled }: WatchedClassifierInput): WatchedModel {
  const { manifest, digest, baseline, classifier } = loaded;
  const { encoders } = classifier;
  const inputs = featureInputs(encoders);
  return {
    name: manifest.model,
    version: manifest.version,
    digest,
    generation,
    sketches: sketchesOf(baseline),
    look: () => undefined,
    lookAfter({ clean }, state, live = compiled) {
      const time = Date.parse(clean.time);
      if (linkTypes.includes(clean.type) || !((earliestAsOf(state) ?? Infinity) <= time)) return undefined;
      try {
        const attributes = attributesAt(live, state, time);
        // While profiles are of other features than the model reads, there is nothing to compare.
        if (!encoders.every(({ name }) => Object.hasOwn(attributes, name))) return undefined;
        const row = { time, values: Object.fromEntries(encoders.map(({ name }) => [name, attributes[name]!.value])) };
        const values = featureValues(encoders, row).map((value, at) => [inputs[at]!.name, value] as const);
        return { values: [...values, [probabilityInput.name, probabilityOf(classifier, row)]] };
      } catch (error) {
        // A feature that cannot be read, or a value that the model cannot take: profiles do not wait for the watch.
        if (error instanceof LikenessError && error.code === 'BadData') return undefined;
        throw error;
      }
    },
  };
}
