/** What an artifact says of a model, for people and for machines. Pure. */
import { isClassifierKind } from '../../services/shared/learning/classify/classifier-kinds.ts';
import { decodeSelection, type Selection } from '../../services/shared/learning/classify/classifier-file.ts';
import type { Manifest } from '../../services/shared/learning/manifest.ts';
import { meaningOf } from './meanings.ts';

export interface Explanation {
  readonly name: string;
  readonly kind: string;
  readonly version: string;
  readonly digest: string;
  readonly trainedAt: string;
  readonly runId: string;
  readonly codeVersion: string;
  readonly data: Pick<Manifest, 'events' | 'profiles' | 'items' | 'offsets' | 'since'>;
  /** How it was judged. */
  readonly protocol: string;
  readonly metrics: readonly { readonly name: string; readonly value: number; readonly means: string }[];
  /** How it came about: weights, settings, what was chosen. */
  readonly weights: Manifest['report'];
  /** Of a model that classifies: every feature with every score, the best first. */
  readonly features?: Selection;
  /** What it has learned for the cleaner. */
  readonly cleaning: Manifest['report'];
  /** Of a search of settings. */
  readonly search: Manifest['report'];
  readonly tensorBackend: string;
  readonly files: Manifest['files'];
}

const backendKeys = ['tensorBackend', 'rankerBackend'];

export function explain(manifest: Manifest, digest: string, files: ReadonlyMap<string, Uint8Array>): Explanation {
  const { model, kind, version, trainedAt, runId, codeVersion, report, metrics } = manifest;
  const { events, profiles, items, offsets, since } = manifest;
  const { protocol = 'not said', ...rest } = report;
  const isSearch = (key: string): boolean => /^(search|rankerTrainings)/.test(key);
  const isCleaning = (key: string): boolean => key.startsWith('cleaning.');
  const only = (wanted: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(rest).filter(([key]) => wanted(key)));
  const backend = backendKeys.map((key) => report[key]).find((value) => value !== undefined);
  return {
    name: model,
    kind,
    version,
    digest,
    trainedAt,
    runId,
    codeVersion,
    data: { events, profiles, items, offsets, ...(since !== undefined && { since }) },
    protocol: String(protocol),
    metrics: Object.entries(metrics).map(([name, value]) => ({ name, value, means: meaningOf(name) })),
    weights: only((key) => !isSearch(key) && !isCleaning(key) && !backendKeys.includes(key)),
    ...(isClassifierKind(kind) && { features: decodeSelection(files) }),
    cleaning: only(isCleaning),
    search: only(isSearch),
    tensorBackend: backend === undefined ? 'none' : String(backend),
    files: manifest.files,
  };
}

/** Lines for a terminal. */
export function describe(explanation: Explanation): string[] {
  const { name, kind, version, digest, trainedAt, runId, data, protocol, metrics, weights, files } = explanation;
  const width = Math.max(28, ...metrics.map((metric) => metric.name.length + 2));
  return [
    `${name}: ${kind}, ${version}`,
    `digest ${digest}`,
    `trained ${trainedAt} by run ${runId}, from ${data.events} ${isClassifierKind(kind) ? 'examples' : 'events'} of ` +
      `${data.profiles} profiles${data.since === undefined ? '' : `, those since ${data.since}`}`,
    `judged by: ${protocol}`,
    '',
    ...metrics.map((metric) => `${metric.name.padEnd(width)}${number(metric.value).padStart(12)}  ${metric.means}`),
    ...section('how it came about', entries(weights)),
    ...featureLines(explanation.features),
    ...section('learned for the cleaner', entries(explanation.cleaning)),
    ...section('search', entries(explanation.search)),
    ...section('tensors', [explanation.tensorBackend]),
    ...section(
      'files',
      files.map((file) => `${file.name.padEnd(28)}${String(file.bytes).padStart(12)}  ${file.sha256}`),
    ),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

const entries = (report: Manifest['report']): string[] =>
  Object.entries(report).map(([key, value]) => `${key}: ${typeof value === 'number' ? number(value) : String(value)}`);

function featureLines(features: Selection | undefined): string[] {
  if (features === undefined) return [];
  const cell = (text: string): string => text.padStart(13);
  const head = ['feature'.padEnd(24), ...['kept', 'score', 'chi2', 'info gain', 'mutual', 'importance'].map(cell)].join(
    '',
  );
  const rows = features.map(({ name, kept, score, chiSquare, informationGain, mutualInformation, importance }) =>
    [
      name.padEnd(24),
      cell(kept ? 'yes' : 'no'),
      ...[score ?? undefined, chiSquare, informationGain, mutualInformation, importance].map((value) =>
        cell(value === undefined ? '-' : number(value)),
      ),
    ].join(''),
  );
  return section('features, the best first', [head, ...rows]);
}

/** Five significant digits are more than a hold-out can tell. */
function number(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}
