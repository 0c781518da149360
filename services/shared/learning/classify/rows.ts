/** What a classifier learns from: labelled rows of feature values, and the kind of each feature. */
import type { FeatureDefinition } from '../../../../crds/features.ts';

export interface ClassifyRow {
  /** By feature, as a profile's attribute has it (`AttributeValue.value`); absent or null: unknown. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The moment of the values, milliseconds since 1970. */
  readonly time: number;
  readonly label: boolean;
}

/**
 * `number`: as it is. `age`: a time, as seconds from it to the moment. `category`: a text, one column a value. `tags`:
 * weighted values, one column each.
 */
type FieldKind = 'number' | 'age' | 'category' | 'tags';

export interface Field {
  /** Name of the feature. */
  readonly name: string;
  readonly kind: FieldKind;
}

const numberFields: ReadonlySet<string> = new Set(['value', 'quantity', 'item.price']);

/** undefined: a sequence, which nothing is learned from here. */
export function fieldOf(feature: FeatureDefinition): Field | undefined {
  const { name, sequence, interest, first, last } = feature;
  if (sequence) return undefined;
  if (interest) return { name, kind: 'tags' };
  const edge = first ?? last;
  if (edge === undefined || numberFields.has(edge.field)) return { name, kind: 'number' };
  return { name, kind: edge.field === 'time' ? 'age' : 'category' };
}

/** NaN: unknown. */
export function numberOf(kind: 'number' | 'age', value: unknown, moment: number): number {
  if (kind === 'age') return typeof value === 'string' ? (moment - Date.parse(value)) / 1000 : Number.NaN;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN;
}

/** undefined: unknown. */
export function categoryOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** The weight of each tag; none where nothing is known. */
export function tagsOf(value: unknown): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  if (Array.isArray(value))
    for (const entry of value as readonly { readonly value?: unknown; readonly score?: unknown }[])
      if (typeof entry?.value === 'string' && typeof entry.score === 'number') weights.set(entry.value, entry.score);
  return weights;
}
