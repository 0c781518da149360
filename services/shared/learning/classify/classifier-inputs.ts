/** What a classifier of the spec learns from: the label, the features it may read, and how it is chosen. Pure. */
import { createHash } from 'node:crypto';
import type { PipelineSpec } from '../../../../crds/pipeline.ts';
import { durationMs } from '../../../../crds/scalars.ts';
import { canonicalJson } from '../../canonical-json.ts';
import { LikenessError } from '../../errors.ts';
import type { LabelDefinition } from '../point-in-time/example.ts';
import type { Balance } from './balance-rows.ts';
import { classifierKinds, type ClassifierKind } from './classifier-kinds.ts';
import { fieldOf, type Field } from './rows.ts';
import type { SelectionMethod } from './select-features.ts';

export interface ClassifierInputs {
  readonly name: string;
  readonly label: LabelDefinition;
  readonly fields: readonly Field[];
  readonly selection: { readonly method: SelectionMethod; readonly keep: number };
  readonly balance: Balance;
  readonly kinds: readonly ClassifierKind[];
  /** SHA-256 of the definitions of label and features: models of another schema must not serve this spec. */
  readonly schema: string;
}

type ClassifyingSpec = Pick<PipelineSpec, 'features' | 'models'>;

const kindsOf = { Auto: classifierKinds, Linear: ['linear'], Mlp: ['mlp'], Trees: ['trees'] } as const;

/** Throws `BadSpec` if there is no such model, or it has nothing to learn from. */
export function classifierInputs({ features, models }: ClassifyingSpec, name: string): ClassifierInputs {
  const classify = models.find((model) => model.name === name)?.classify;
  if (!classify) throw new LikenessError('BadSpec', `spec.models has no model "${name}" that classifies`);
  const wanted = new Set(classify.features);
  const fields = features.flatMap((feature): Field[] => {
    const field = fieldOf(feature);
    if (field === undefined) return [];
    const isEdge = feature.first !== undefined || feature.last !== undefined;
    return (wanted.size === 0 ? field.kind === 'number' && !isEdge : wanted.has(field.name)) ? [field] : [];
  });
  if (fields.length === 0)
    throw new LikenessError('BadSpec', `models.${name}.classify: it has no feature to learn from`);
  const { events, within } = classify.label;
  const known = new Map(features.map((feature) => [feature.name, feature]));
  // A ratio means what its operands mean.
  const operands = fields.flatMap(({ name: field }) => {
    const ratio = known.get(field)!.ratio;
    return ratio ? [ratio.of, ratio.to] : [];
  });
  const names = [...new Set([...fields.map((field) => field.name), ...operands])].toSorted();
  const schema = canonicalJson({ label: classify.label, features: names.map((field) => known.get(field) ?? null) });
  return {
    name,
    label: { events, withinMs: durationMs(within) },
    fields,
    selection: classify.selection,
    balance: classify.balance,
    kinds: kindsOf[classify.kind],
    schema: createHash('sha256').update(schema).digest('hex'),
  };
}
