/** The ranker's part of a training: found and weighed on the validation fold, then trained on to what came later. */
import type { EvaluationInput, StepScorer } from '../evaluate.ts';
import { evaluate, gainsOf } from '../evaluate.ts';
import type { Blend } from '../blend.ts';
import { relativeDifference } from '../gate/bootstrap.ts';
import type { ModelKind, Recommender } from '../recommender.ts';
import type { TensorBackend } from '../tensor/tensor-backend.ts';
import type { Checkpoints, EpochResult } from './checkpoint.ts';
import { fitRanker, type RankerData, type RankerFit } from './fit-ranker.ts';
import { RankerBlend } from './ranker-blend.ts';
import type { Ranker } from './ranker.ts';
import { search, type TrialResult } from './search.ts';
import type { RankerSettings } from './settings.ts';

export interface RankerDeps {
  /** Opens the tensor library, at the first model that wants a ranker. */
  readonly tensors: () => Promise<TensorBackend>;
  /** Where trainings keep how far they are; absent: they begin anew when they are interrupted. */
  readonly checkpoints?: Checkpoints | undefined;
  /** Runs a training that may be told to end. */
  readonly interruptible: <T>(work: (isEnding: () => Promise<boolean>) => Promise<T>) => Promise<T>;
  /** A ranker from which a training may begin, and when it was trained, milliseconds since 1970. */
  readonly active?: { readonly ranker: Ranker; readonly trainedAt: number } | undefined;
  readonly onProgress?: ((phase: string) => void) | undefined;
}

export type RankerKind = Extract<ModelKind, 'blend' | 'ranker' | 'ranker-blend'>;

export interface ChosenRanker {
  /** Of the three, what the validation fold says is best. */
  readonly kind: RankerKind;
  readonly ranker: Ranker;
  /** Of the ranker beside the blend. */
  readonly weight: number;
  readonly settings: RankerSettings;
  /** After which the weights were best. */
  readonly epochs: number;
  readonly curve: readonly EpochResult[];
  readonly trials: readonly TrialResult[];
  readonly backend: TensorBackend['name'];
  readonly startedFrom: 'random numbers' | 'the active model';
}

export interface RankerStageOptions extends RankerDeps {
  readonly settings: RankerSettings;
  /** Names its checkpoints. */
  readonly name: string;
}

const seed = 1;

/** `blend`: the champion of the same fold, which it must beat. `start`: a ranker that saw nothing of the questions. */
export async function chooseRanker(
  data: RankerData,
  { blend, validation, start }: { blend: Blend; validation: EvaluationInput; start?: Ranker | undefined },
  options: RankerStageOptions,
): Promise<ChosenRanker> {
  const backend = await options.tensors();
  const checkpoints = options.checkpoints ?? createMemory();
  const found = await search(options.settings, seed, (trial, settings) =>
    options.interruptible((isEnding) => {
      const keep = { checkpoints, name: `${options.name}.trial-${trial}`, isEnding };
      const onEpoch = (epoch: number, result: EpochResult): void => options.onProgress?.(told(trial, epoch, result));
      return fitRanker(data, { settings, seed, backend, validation, start, keep, onEpoch });
    }),
  );
  const { ranker, epochs, curve } = found.fit;
  const weight = chooseWeight(blend, ranker, validation);
  const kind = chooseKind({ blend, ranker, 'ranker-blend': new RankerBlend(blend, ranker, weight) }, validation);
  const { settings, table: trials } = found;
  const startedFrom = start === undefined ? 'random numbers' : 'the active model';
  return { kind, ranker, weight, settings, epochs, curve, trials, backend: backend.name, startedFrom };
}

/** The chosen one trained on: what it was found with is part of `data`. A third of its epochs settles what is new. */
export async function trainOn(
  data: RankerData,
  { ranker, settings, epochs }: Pick<ChosenRanker, 'ranker' | 'settings' | 'epochs'>,
  options: RankerStageOptions,
): Promise<Ranker> {
  const backend = await options.tensors();
  const further = { ...settings, epochs: Math.ceil(epochs / 3) };
  const fit = await options.interruptible((isEnding): Promise<RankerFit> => {
    const keep = options.checkpoints && { checkpoints: options.checkpoints, name: options.name, isEnding };
    return fitRanker(data, { settings: further, seed, backend, start: ranker, keep });
  });
  return fit.ranker;
}

/** As the artifact holds it. */
export function recommenderOf(
  kind: RankerKind,
  blend: Blend,
  ranker: Ranker,
  weight: number,
): Blend | Ranker | RankerBlend {
  if (kind === 'blend') return blend;
  return kind === 'ranker' ? ranker : new RankerBlend(blend, ranker, weight);
}

function told(trial: number, epoch: number, { loss, ndcg }: EpochResult): string {
  return `ranker: trial ${trial}, epoch ${epoch}, loss ${loss.toFixed(3)}, NDCG ${ndcg?.toFixed(4)} on the validation fold`;
}

const weights = [0.1, 0.3, 1, 3];

function chooseWeight(blend: Blend, ranker: Ranker, validation: EvaluationInput): number {
  const tried = weights.map((weight) => {
    const { ndcg } = evaluate(new RankerBlend(blend, ranker, weight), validation);
    return { weight, ndcg };
  });
  return tried.reduce((best, one) => (one.ndcg > best.ndcg ? one : best)).weight;
}

type Rivals = Readonly<Record<RankerKind, StepScorer & Recommender>>;

/** A new kind of model must be better for certain: the lower 95% bound of its paired relative difference is above 0. */
function chooseKind(rivals: Rivals, validation: EvaluationInput): RankerKind {
  const active = gainsOf(rivals.blend, validation);
  const profile = active.keys().toArray();
  const differences = (['ranker', 'ranker-blend'] as const).map((kind) => {
    const candidate = gainsOf(rivals[kind], validation);
    return { kind, ...relativeDifference({ candidate, active, profile }, seed) };
  });
  const better = differences.filter(({ lower }) => lower > 0).toSorted((a, b) => b.mean - a.mean);
  return better[0]?.kind ?? 'blend';
}

/** A search goes on with its best trials even where nothing outlives the process. */
function createMemory(): Checkpoints {
  const kept = new Map<string, Uint8Array>();
  return {
    get: (name) => Promise.resolve(kept.get(name)),
    replace: (name, bytes) => Promise.resolve(void kept.set(name, bytes)),
  };
}
