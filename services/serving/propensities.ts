/** How likely events are for a profile: its attributes at a moment, put to each model that classifies. */
import type { ServingSlice } from '../../crds/slices.ts';
import { probabilityOf } from '../shared/learning/classify/classifier.ts';
import type { AttributeValue } from '../shared/profile/attributes.ts';
import { Refusal, unavailable } from './refusal.ts';
import type { PropensitiesAnswer } from './schemas.ts';
import type { ServedClassifier } from './served-models.ts';
import type { TrialCounts } from './trial-counts.ts';

export interface ClassifierUse {
  readonly name: string;
  readonly events: readonly string[];
  /** A duration, as the spec has it. */
  readonly within: string;
}

/** In the order of the spec. */
export function classifierUses({ models }: Pick<ServingSlice, 'models'>): ClassifierUse[] {
  return models.flatMap(({ name, classify }) => (classify ? [{ name, ...classify.label }] : []));
}

export interface PropensityQuestion {
  /** Absent: all of them. */
  readonly model: string | undefined;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** The moment of the attributes, milliseconds since 1970. */
  readonly moment: number;
  readonly now: number;
}

export interface SaidPropensity {
  readonly model: ServedClassifier;
  readonly answer: PropensitiesAnswer['propensities'][number];
}

export interface Classifiers {
  readonly uses: readonly ClassifierUse[];
  /** Undefined: none has been activated yet. */
  readonly modelOf: (name: string) => ServedClassifier | undefined;
  /** Does the work of an answer; throws what the work throws. */
  readonly measure: TrialCounts['measure'];
}

/** Those in service answer; throws a Refusal where none is, or the spec has no such model. */
export function propensities({ uses, modelOf, measure }: Classifiers, question: PropensityQuestion): SaidPropensity[] {
  const asked = uses.filter(({ name }) => question.model === undefined || name === question.model);
  if (asked.length === 0) {
    const names = uses.map(({ name }) => name).join(', ') || 'none';
    const which = question.model === undefined ? 'model' : `model ${JSON.stringify(question.model)}`;
    throw new Refusal(404, 'NotFound', `The spec has no ${which} that classifies; it has: ${names}.`);
  }
  const values = Object.fromEntries(Object.entries(question.attributes).map(([name, { value }]) => [name, value]));
  const said = asked.flatMap((use): SaidPropensity[] => {
    const model = modelOf(use.name);
    return model ? [{ model, answer: measure(model, () => answer(use, model, { ...question, values })) }] : [];
  });
  if (said.length > 0) return said;
  throw unavailable('NoModel', `No model ${asked.map(({ name }) => name).join(', ')} has been activated yet.`);
}

function answer(
  { events, within }: ClassifierUse,
  { name, generation, loaded, trainedAt }: ServedClassifier,
  { values, moment, now }: PropensityQuestion & { readonly values: Readonly<Record<string, unknown>> },
): SaidPropensity['answer'] {
  const { kind, version, trainedAt: trained } = loaded.manifest;
  const ageSeconds = Math.max(0, Math.floor((now - trainedAt) / 1000));
  return {
    probability: probabilityOf(loaded.classifier, { values, time: moment }),
    events: [...events],
    within,
    model: { name, kind, version, generation, trainedAt: trained, ageSeconds },
  };
}
