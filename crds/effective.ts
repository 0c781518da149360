/** The effective spec: the pipeline's own spec laid over its preset. Pure. */
import { shopV1, type Preset } from './presets/shop-v1.ts';
import { specSchema, type PipelineSpec } from './pipeline.ts';

const presets: Readonly<Record<Exclude<PipelineSpec['preset'], 'none'>, Preset>> = { 'shop/v1': shopV1 };

/** Presets never change, and an operator reads them a thousand times a minute. */
const parsed = new Map<PipelineSpec['preset'], PipelineSpec>();

/** The preset with its defaults filled in; undefined for `none`. */
export function presetSpec(preset: PipelineSpec['preset']): PipelineSpec | undefined {
  if (preset === 'none') return undefined;
  const known = parsed.get(preset) ?? specSchema.parse({ preset, ...presets[preset] });
  parsed.set(preset, known);
  return known;
}

/**
 * Lists are merged by name: an own entry replaces the preset's entry of that name as a whole and in its place, a new
 * one comes behind. (Not field by field: the API server fills in defaults before anyone could tell them from values
 * that were written.)
 */
function mergeByName<T extends { readonly name: string }>(base: readonly T[], own: readonly T[]): T[] {
  const merged = new Map(base.map((entry) => [entry.name, entry]));
  for (const entry of own) merged.set(entry.name, entry);
  return [...merged.values()];
}

/** Never fails: whether the names in the result fit together is references.ts's to say. */
export function effectiveSpec(spec: PipelineSpec): PipelineSpec {
  const preset = presetSpec(spec.preset);
  if (preset === undefined) return spec;
  return {
    ...spec,
    events: mergeByName(preset.events, spec.events),
    features: mergeByName(preset.features, spec.features),
    models: mergeByName(preset.models, spec.models),
  };
}
