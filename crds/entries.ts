/** The named lists of a spec as plain data, valid or not, with the preset merged in: what cross references look into. */
import { presetSpec } from './effective.ts';
import { kindNames, type FeatureKind } from './features.ts';
import type { PipelineSpec } from './pipeline.ts';
import { valueAt, type Path } from './spec-error.ts';

export interface Entry {
  readonly name: string;
  /** In the document; `['spec', 'preset', name]` for an entry of the preset. */
  readonly at: Path;
  readonly data: unknown;
}

export type MergedList = 'events' | 'features' | 'models';

export interface Entries {
  readonly preset: PipelineSpec['preset'];
  readonly events: readonly Entry[];
  readonly features: readonly Entry[];
  readonly models: readonly Entry[];
}

export function mergedEntries(spec: unknown, preset: PipelineSpec['preset']): Entries {
  const base = presetSpec(preset);
  const merge = (list: MergedList): Entry[] => {
    const own = ownEntries(spec, [list]);
    const replaced = new Set(own.map(({ name }) => name));
    const kept = (base?.[list] ?? []).filter(({ name }) => !replaced.has(name));
    return [...kept.map((data) => ({ name: data.name, at: ['spec', 'preset', data.name], data })), ...own];
  };
  return { preset, events: merge('events'), features: merge('features'), models: merge('models') };
}

/** Entries that lack a name are left out: the schema says that they need one. */
export function ownEntries(spec: unknown, list: Path): Entry[] {
  return listAt(spec, list).flatMap((data, index) => {
    const name = valueAt(data, ['name']);
    return typeof name === 'string' ? [{ name, at: ['spec', ...list, index], data }] : [];
  });
}

export function listAt(data: unknown, path: Path): readonly unknown[] {
  const list = valueAt(data, path);
  return Array.isArray(list) ? list : [];
}

/** Usually one; none or several are the schema's to refuse. */
export function kindsOf(feature: Entry): FeatureKind[] {
  return kindNames.filter((kind) => valueAt(feature.data, [kind]) !== undefined);
}
