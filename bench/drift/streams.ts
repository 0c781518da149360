/** Streams with known drifts: SEA and STAGGER from files, and Bernoulli errors from a seed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { seededUniform } from '../../services/shared/learning/statistics/mersenne-twister.ts';
import { fitLogistic, fitTable, type Classify } from './frozen-models.ts';

export interface LabelledRow {
  readonly values: readonly number[];
  readonly label: 0 | 1;
}

export interface DriftStream {
  readonly name: string;
  readonly rows: readonly LabelledRow[];
  /** Rows at which the concept changes. */
  readonly drifts: readonly number[];
  readonly fit: (rows: readonly LabelledRow[]) => Classify;
}

const drifts = [10_000, 20_000, 30_000];

/** From `LIKENESS_DATA`, or its folder drift-streams. Throws if it names a folder without them. */
export function driftStreams(note: (line: string) => void): DriftStream[] {
  const folder = process.env['LIKENESS_DATA'];
  if (folder === undefined) {
    note('LIKENESS_DATA is not set: SEA and STAGGER are left out');
    return [];
  }
  return [
    { name: 'sea', rows: readRows(folder, 'sea_abrupt_10k_20k_30k.csv'), drifts, fit: fitLogistic },
    { name: 'stagger', rows: readRows(folder, 'stagger_abrupt_10k_20k_30k.csv'), drifts, fit: fitTable },
  ];
}

function readRows(folder: string, name: string): LabelledRow[] {
  const file = [join(folder, name), join(folder, 'drift-streams', name)].find((path) => existsSync(path));
  if (file === undefined) throw new Error(`LIKENESS_DATA is ${folder}, which has no ${name}`);
  const records: string[][] = parse(readFileSync(file), { fromLine: 2 });
  return records.map((record) => ({
    values: record.slice(0, -1).map(Number),
    label: record.at(-1) === '1' ? 1 : 0,
  }));
}

/** Errors at `before` until `change`, then at `after`. */
export function* bernoulliErrors(
  seed: number,
  { length, change, before, after }: { length: number; change: number; before: number; after: number },
): Generator<0 | 1> {
  const uniform = seededUniform(seed);
  for (let at = 0; at < length; at++) yield uniform() < (at < change ? before : after) ? 1 : 0;
}
