/** The archive, and what it must hold for features that look back over a window. */
import { z } from 'zod';
import type { FeatureDefinition, FeatureKind } from './features.ts';
import type { Rule } from './rules.ts';
import { durationMs, durationSchema } from './scalars.ts';

export const archiveSchema = z.strictObject({
  retention: durationSchema
    .default('8760h')
    .describe('Clean events older than this, by when the broker took them, are removed, whole segments at a time.'),
});

export type ArchiveSettings = z.output<typeof archiveSchema>;

/** Kinds that look back over a window. */
const windowedKinds = ['count', 'sum', 'mean', 'min', 'max', 'distinct'] as const satisfies readonly FeatureKind[];

const windowMessage = 'a window of at most archive.retention, so that the feature can be computed again';

interface Archiving {
  readonly archive?: ArchiveSettings | undefined;
  readonly features: readonly FeatureDefinition[];
}

/** Of the features of the spec; those of a preset are references.ts's. */
export const windowRule: Rule<Archiving> = {
  rule:
    '!has(self.archive) || !has(self.archive.retention) || self.features.all(f, ' +
    windowedKinds
      .map(
        (kind) =>
          `(!has(f.${kind}) || !has(f.${kind}.window) || ` +
          `duration(f.${kind}.window) <= duration(self.archive.retention))`,
      )
      .join(' && ') +
    ')',
  message: windowMessage,
  violations: ({ archive, features }) =>
    archive === undefined
      ? []
      : features.flatMap((feature, index) =>
          tooLong(feature, archive.retention).map((kind) => ['features', index, kind, 'window']),
        ),
};

/** The kinds (one, where the feature is well formed) whose window is longer than `retention`. */
export function tooLong(feature: FeatureDefinition, retention: string): string[] {
  return windowedKinds.filter((kind) => {
    const window = feature[kind]?.window;
    return window !== undefined && durationMs(window) > durationMs(retention);
  });
}
