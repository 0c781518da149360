/** Learns the cleaning steps of a spec from clean events, part by part: add events, merge parts, fit. */
import type { ImputeStep, LearnedSteps, OutlierStep, ScaleStep } from '../../../../crds/learned-cleaning.ts';
import { profileIdOf, type CleanEvent } from '../../event.ts';
import { idHash64 } from '../../id-hash.ts';
import type { CleaningModel } from './cleaning-model.ts';
import { ImputeSums } from './impute-sums.ts';
import type { Observed } from './observed.ts';
import { OutlierSums } from './outlier-sums.ts';
import { ScaleSums } from './scale-sums.ts';

/** What one step has learned so far. */
interface Sums<Learned> {
  add(observed: Observed): void;
  /** Throws a ZodError if `stored` is not what `store` gives. */
  merge(stored: unknown): void;
  store(): unknown;
  /** undefined: too little to learn from. */
  fit(): Learned | undefined;
}

type Lists = { readonly [List in keyof LearnedSteps]: readonly Sums<CleaningModel[List][number]>[] };
const listNames = ['outliers', 'impute', 'scale'] as const;

export class CleaningSums {
  readonly #lists: Lists;
  readonly #all: readonly Sums<unknown>[];

  constructor(steps: LearnedSteps) {
    this.#lists = {
      outliers: steps.outliers.map((step: OutlierStep) => new OutlierSums(step)),
      impute: steps.impute.filter((step) => step.with !== 'Constant').map((step: ImputeStep) => new ImputeSums(step)),
      scale: steps.scale.filter(({ method }) => method !== 'Log').map((step: ScaleStep) => new ScaleSums(step)),
    };
    this.#all = listNames.flatMap((list): readonly Sums<unknown>[] => this.#lists[list]);
  }

  /** Whether there is anything to learn. */
  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** A link's event has a copy for each of its ends: one of them counts. */
  add(event: CleanEvent): void {
    if (event.profile !== profileIdOf(event)) return;
    const time = Date.parse(event.time);
    if (Number.isNaN(time)) return;
    const observed = { event, time, hash: idHash64(event.id) };
    for (const sums of this.#all) sums.add(observed);
  }

  /** For `merge` of another worker, whose spec is the same. */
  store(): unknown {
    return this.#all.map((sums) => sums.store());
  }

  merge(stored: unknown): void {
    const parts = stored as readonly unknown[];
    this.#all.forEach((sums, index) => sums.merge(parts[index]));
  }

  fit(): CleaningModel {
    const learned = <Learned>(list: readonly Sums<Learned>[]): Learned[] =>
      list.map((sums) => sums.fit()).filter((one) => one !== undefined);
    const { outliers, impute, scale } = this.#lists;
    return { format: 1, impute: learned(impute), scale: learned(scale), outliers: learned(outliers) };
  }
}
