/** Rules between the fields of a spec, and about its name and its changes. */
import { windowRule, type ArchiveSettings } from './archive.ts';
import type { FeatureDefinition } from './features.ts';
import type { Rule, TransitionRule } from './rules.ts';

/** Child names add suffixes, and become the names of Services. */
export const nameRules: Rule<string>[] = [
  {
    rule: 'size(self) <= 40',
    message: 'a name of at most 40 characters (child names add suffixes)',
    violations: (name) => (name.length <= 40 ? [] : [[]]),
  },
  {
    rule: "self.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message: 'a name that is an RFC 1035 label: a lowercase letter, then lowercase letters, digits and "-"',
    violations: (name) => (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) ? [] : [[]]),
  },
];

interface Referring {
  readonly kafka?: { readonly partitions: number } | undefined;
  readonly training: { readonly workers: number };
  readonly archive?: ArchiveSettings | undefined;
  readonly preset: string;
  readonly features: readonly FeatureDefinition[];
  readonly models: readonly { readonly recommend?: { readonly history: string } | undefined }[];
}

export const historyMessage = 'a history that is a sequence feature of this pipeline (it has no preset to supply one)';
export const ratioMessage = 'an of and a to that are features of this pipeline (it has no preset to supply them)';

/** Where a preset may supply the name, the schema cannot see it; references.ts can. */
export const specRules: Rule<Referring>[] = [
  {
    rule: '!has(self.kafka) || self.training.workers == 1 || self.training.workers <= self.kafka.partitions',
    message: 'at most as many workers as kafka.partitions, because each has some of its own',
    fieldPath: '.training.workers',
    violations: ({ kafka, training: { workers } }) =>
      kafka === undefined || workers === 1 || workers <= kafka.partitions ? [] : [['training', 'workers']],
  },
  {
    rule:
      "self.preset != 'none' || self.models.all(m, !has(m.recommend) || " +
      'self.features.exists(f, f.name == m.recommend.history && has(f.sequence)))',
    message: historyMessage,
    violations: ({ preset, features, models }) =>
      models.flatMap(({ recommend }, index) =>
        preset !== 'none' ||
        recommend === undefined ||
        features.some(({ name, sequence }) => name === recommend.history && sequence)
          ? []
          : [['models', index, 'recommend', 'history']],
      ),
  },
  {
    rule:
      "self.preset != 'none' || self.features.all(r, !has(r.ratio) || " +
      '(self.features.exists(f, f.name == r.ratio.of) && self.features.exists(f, f.name == r.ratio.to)))',
    message: ratioMessage,
    violations: ({ preset, features }) => {
      if (preset !== 'none') return [];
      const names = new Set(features.map(({ name }) => name));
      return features.flatMap(({ ratio }, index) =>
        (['of', 'to'] as const)
          .filter((side) => ratio !== undefined && !names.has(ratio[side]))
          .map((side) => ['features', index, 'ratio', side]),
      );
    },
  },
  windowRule,
];

const bothLogs = '(has(self.ingest.log) && has(oldSelf.ingest.log))';

/**
 * What may never change, be removed, or be removed and added again: the stored profiles and the positions in the
 * streams belong to it. Bound to the spec, which is always there, because a rule on a field that was removed is
 * never asked.
 */
export const specTransitions: TransitionRule[] = [
  {
    rule: 'has(self.kafka) == has(oldSelf.kafka)',
    message: 'kafka cannot be added or removed',
    fieldPath: '.kafka',
  },
  {
    rule:
      '!has(self.kafka) || !has(oldSelf.kafka) || ' + 'self.kafka.bootstrapServers == oldSelf.kafka.bootstrapServers',
    message:
      'kafka.bootstrapServers is immutable, even before there are topics (delete the pipeline, and create it anew)',
    fieldPath: '.kafka.bootstrapServers',
  },
  {
    rule: '!has(self.kafka) || !has(oldSelf.kafka) || self.kafka.partitions == oldSelf.kafka.partitions',
    message: 'kafka.partitions is immutable (profiles would change their partition)',
    fieldPath: '.kafka.partitions',
  },
  {
    rule: 'has(self.store) == has(oldSelf.store) && (!has(self.store) || self.store == oldSelf.store)',
    message: 'store is immutable (the profiles are in it)',
    fieldPath: '.store',
  },
  {
    rule: `!${bothLogs} || quantity(self.ingest.log.size).compareTo(quantity(oldSelf.ingest.log.size)) >= 0`,
    message: 'ingest.log.size can only grow (a volume does not shrink)',
    fieldPath: '.ingest.log.size',
  },
  {
    rule:
      `!${bothLogs} || (has(self.ingest.log.storageClassName) == has(oldSelf.ingest.log.storageClassName) && ` +
      '(!has(self.ingest.log.storageClassName) || ' +
      'self.ingest.log.storageClassName == oldSelf.ingest.log.storageClassName))',
    message: 'ingest.log.storageClassName is immutable (take the log out, and put it in again once it is drained)',
    fieldPath: '.ingest.log.storageClassName',
  },
];
