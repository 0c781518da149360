/** What is watched of a model that classifies: each feature that it reads, as one value, and what it says; in training and live. */
import type { FieldEncoder } from '../classify/encoding.ts';
import { categoryOf, numberOf, tagsOf, type ClassifyRow } from '../classify/rows.ts';

interface FeatureInput {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
}

/** How likely it says that the label is. */
export const probabilityInput = { name: 'prediction.probability', kind: 'numeric' } as const satisfies FeatureInput;

/** In the order of the encoders. */
export function featureInputs(encoders: readonly FieldEncoder[]): FeatureInput[] {
  return encoders.map(({ name, kind }) => ({
    name: `profile.${name}`,
    kind: kind === 'number' || kind === 'age' ? 'numeric' : 'categorical',
  }));
}

/** In the order of the encoders: of weighted values the heaviest; undefined where the profile has none. */
export function featureValues(
  encoders: readonly Pick<FieldEncoder, 'name' | 'kind'>[],
  { values, time }: Pick<ClassifyRow, 'values' | 'time'>,
): unknown[] {
  return encoders.map(({ name, kind }) => {
    const value = values[name];
    if (kind === 'category') return categoryOf(value);
    if (kind === 'tags') return heaviest(tagsOf(value));
    const number = numberOf(kind, value, time);
    return Number.isNaN(number) ? undefined : number;
  });
}

function heaviest(tags: ReadonlyMap<string, number>): string | undefined {
  const [first] = [...tags].toSorted(([a, of], [b, to]) => to - of || (a < b ? -1 : 1));
  return first?.[0];
}
