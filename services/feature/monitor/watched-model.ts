/** A model in service, as the feature service looks at events through it: what it is asked, and what it would answer. */
import type { ReadyEvent } from '../../shared/clean-line.ts';
import type { LoadedModel } from '../../shared/learning/artifact.ts';
import { answerOf, isPopularityHit } from '../../shared/learning/drift/prequential.ts';
import {
  eventInputs,
  eventValues,
  predictionInputs,
  predictionValues,
} from '../../shared/learning/drift/watched-inputs.ts';
import { isStep, type ModelInputs } from '../../shared/learning/model-inputs.ts';
import type { HistoryEntry } from '../../shared/learning/recommender.ts';
import { binCount, locator, type Locate } from '../../shared/learning/sketch/bins.ts';
import { sequenceIfAny } from '../../shared/profile/attributes.ts';
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import type { ProfileState } from '../../shared/profile/profile.ts';

/** Of one event. */
export interface Look {
  /** Values by input, as far as the model has a baseline of it. */
  readonly values: readonly (readonly [name: string, value: unknown])[];
  /** Absent: the event was nothing to foresee, or there was no history to foresee it from. */
  readonly asked?: { readonly hit: boolean; readonly popularityHit: boolean };
}

/** Another model that answers a part of the profiles, to be asked beside the one that has proved itself. */
interface OnTrial {
  readonly model: WatchedModel;
  /** When the trial began, as events have their `ingestedAt`. */
  readonly since: string;
}

export interface WatchedModel {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly generation: number;
  readonly sketches: ReadonlyMap<string, { readonly bins: number; readonly locate: Locate }>;
  /** `live`: of the features that the state is of; default: those of the input. undefined: the model does not learn from such events. */
  look(event: ReadyEvent, state: ProfileState, live?: CompiledFeatures): Look | undefined;
  /** Of the profile as the event has left it, for models that are asked then. */
  lookAfter?(event: ReadyEvent, state: ProfileState, live?: CompiledFeatures): Look | undefined;
  readonly onTrial?: OnTrial;
}

export interface WatchedModelInput {
  readonly loaded: LoadedModel;
  readonly generation: number;
  readonly inputs: ModelInputs;
  /** Name of the sequence feature that holds the history. */
  readonly history: string;
  readonly compiled: CompiledFeatures;
}

export function watchModel(input: WatchedModelInput): WatchedModel {
  const { loaded, inputs } = input;
  const { manifest, digest, baseline, recommender } = loaded;
  const ask = createAsking(input);
  return {
    name: manifest.model,
    version: manifest.version,
    digest,
    generation: input.generation,
    sketches: sketchesOf(baseline),
    look(event, state, live = input.compiled) {
      const { clean } = event;
      if (!clean.itemId || !isStep(inputs, clean.type)) return undefined;
      const values = named(eventInputs, eventValues(clean, recommender.items));
      const answered = inputs.targets.has(clean.type) ? ask(clean.itemId, state, live) : undefined;
      if (answered === undefined) return { values };
      const { predicted, ...asked } = answered;
      return { values: [...values, ...named(predictionInputs, predicted)], asked };
    },
  };
}

export function sketchesOf(baseline: LoadedModel['baseline']): WatchedModel['sketches'] {
  return new Map(
    Object.entries(baseline?.inputs ?? {}).map(([name, { bins }]) => [
      name,
      { bins: binCount(bins), locate: locator(bins) },
    ]),
  );
}

function named(inputs: readonly { readonly name: string }[], values: readonly unknown[]) {
  return inputs.map(({ name }, at) => [name, values[at]] as const);
}

/** As a hold-out asks: nothing without a history, nor about an item that the history has. */
function createAsking({ loaded, history: feature }: WatchedModelInput) {
  const { recommender, popularity, itemAttributes } = loaded;
  const { items } = recommender;
  const scores = new Float64Array(items.size);
  return (itemId: string, state: ProfileState, live: CompiledFeatures) => {
    const history: readonly HistoryEntry[] = sequenceIfAny(live, state, feature) ?? [];
    if (history.length === 0 || history.some((entry) => entry.itemId === itemId)) return undefined;
    const seen = new Set(history.map((entry) => items.indexOf(entry.itemId)));
    const isSeen = (item: number): boolean => seen.has(item);
    if (!recommender.score(history, scores)) popularity.score([], scores);
    const target = items.indexOf(itemId);
    const { best, hit } = answerOf(scores, target, isSeen);
    return {
      hit,
      popularityHit: isPopularityHit(popularity, target, isSeen),
      predicted: predictionValues(best, itemAttributes),
    };
  };
}
