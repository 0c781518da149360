/** Features of the preset whose window is longer than the archive reaches: the schema sees only the spec's own. */
import { archiveSchema, tooLong } from './archive.ts';
import type { Entry } from './entries.ts';
import type { FeatureDefinition } from './features.ts';
import { valueAt, type PlacedError } from './spec-error.ts';

/** `features` with the preset merged in; the spec's own are passed over. */
export function presetWindowErrors(spec: unknown, features: readonly Entry[]): PlacedError[] {
  const archive = archiveSchema.optional().safeParse(valueAt(spec, ['archive'])).data;
  if (archive === undefined) return [];
  const longer = features
    .filter(({ at, data }) => at[1] === 'preset' && tooLong(data as FeatureDefinition, archive.retention).length > 0)
    .map(({ name }) => name);
  if (longer.length === 0) return [];
  const allowed = `at least the longest window of the preset's features (here ${longer.join(', ')}), or preset: none`;
  return [{ at: ['spec', 'archive', 'retention'], given: archive.retention, allowed }];
}
