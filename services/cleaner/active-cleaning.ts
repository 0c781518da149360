/** What the active model has learned for the cleaner, by step. */
import type { LearnedSteps } from '../../crds/learned-cleaning.ts';
import {
  imputeDefinition,
  outlierDefinition,
  scaleDefinition,
  type CleaningModel,
  type Filler,
} from '../shared/learning/cleaning/cleaning-model.ts';
import type { Scale } from '../shared/learning/cleaning/scale.ts';
import { outlierFinder, type FindOutlier } from '../shared/learning/cleaning/strangeness.ts';

export interface Filling {
  readonly overall: Filler | undefined;
  readonly groups: ReadonlyMap<string, Filler>;
}

export interface ActiveCleaning {
  /** Of the model. */
  readonly version: string;
  readonly impute: ReadonlyMap<string, Filling>;
  readonly scale: ReadonlyMap<string, Scale>;
  readonly outliers: ReadonlyMap<string, FindOutlier>;
}

/** What was learned for another definition of a step is left out: it waits for the next model. */
export function activeCleaning(version: string, model: CleaningModel, steps: LearnedSteps): ActiveCleaning {
  const impute = definitions(steps.impute, imputeDefinition);
  const scale = definitions(steps.scale, scaleDefinition);
  const outliers = definitions(steps.outliers, outlierDefinition);
  return {
    version,
    impute: new Map(
      model.impute
        .filter(({ name, definition }) => impute.get(name) === definition)
        .map(({ name, overall, groups }) => [name, { overall, groups: new Map(groups) }]),
    ),
    scale: new Map(
      model.scale
        .filter(({ name, definition }) => scale.get(name) === definition)
        .map((learned) => [learned.name, learned.scale]),
    ),
    outliers: new Map(
      model.outliers
        .filter(({ name, definition }) => outliers.get(name) === definition)
        .map(({ name, strangeness }) => [name, outlierFinder(strangeness)]),
    ),
  };
}

function definitions<Step extends { readonly name: string }>(
  steps: readonly Step[],
  define: (step: Step) => string,
): ReadonlyMap<string, string> {
  return new Map(steps.map((step) => [step.name, define(step)]));
}
