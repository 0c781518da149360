/** `likeness explain-model`: what a trained model is, how it came about, and how good it is. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exitCodes, LikenessError } from '../services/shared/errors.ts';
import { sha256 } from '../services/shared/learning/artifact.ts';
import { manifestSchema, type Manifest } from '../services/shared/learning/manifest.ts';
import { parseFile } from '../services/shared/learning/model.ts';
import { isDigest } from '../services/shared/model-store.ts';
import { describe, explain } from './explain/explanation.ts';
import type { Terminal } from './terminal.ts';

export interface ExplainOptions {
  /** Data folder of a pipeline on this machine. */
  readonly data: string;
  readonly json?: boolean;
}

const manifestFile = 'manifest.json';

interface Artifact {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly digest: string;
}

/**
 * `which`: a name of a model in the spec (its newest in the data folder), a digest, or the folder of an artifact or a
 * file in it. Rejects with `NotFound` where there is none, and `ModelInvalid` where it cannot be read.
 */
export async function runExplainModel(which: string, options: ExplainOptions, terminal: Terminal): Promise<number> {
  const artifact = await find(which, options.data);
  const explanation = explain(artifact.manifest, artifact.digest, await readFiles(artifact.folder));
  if (options.json) terminal.print(JSON.stringify(explanation));
  else for (const line of describe(explanation)) terminal.print(line);
  return exitCodes.ok;
}

async function find(which: string, data: string): Promise<Artifact> {
  if (existsSync(which)) {
    const folder = (await stat(which)).isDirectory() ? which : dirname(which);
    if (existsSync(join(folder, manifestFile))) return open(folder);
  }
  const store = join(data, 'models');
  const folders = existsSync(store) ? (await readdir(store)).filter(isDigest) : [];
  if (folders.includes(which)) return open(join(store, which));
  const all = await Promise.all(folders.map((name) => open(join(store, name))));
  const own = all.filter(({ manifest }) => manifest.model === which && !isTwin(manifest, all));
  const newest = own.toSorted((a, b) => (a.manifest.trainedAt < b.manifest.trainedAt ? 1 : -1))[0];
  if (newest) return newest;
  const names = [...new Set(all.map(({ manifest }) => manifest.model))].toSorted().join(', ') || 'none';
  throw new LikenessError(
    'NotFound',
    `${store} has no model ${which}; it has: ${names}. Name one of these, a digest, the folder of an artifact, or --data`,
  );
}

/** A twin never serves: it is there for the gate. */
function isTwin(manifest: Manifest, all: readonly Artifact[]): boolean {
  return all.some(
    (other) => other.manifest.twin !== undefined && other.manifest.twin.before === manifest.report['before'],
  );
}

async function open(folder: string): Promise<Artifact> {
  const bytes = await readFile(join(folder, manifestFile));
  const manifest = parseFile(new Map([[manifestFile, bytes]]), manifestFile, manifestSchema);
  const digest = sha256(bytes);
  const named = basename(folder);
  if (isDigest(named) && named !== digest)
    throw new LikenessError('ModelInvalid', `${folder}: its manifest is ${digest}; somebody has changed it`);
  return { folder, manifest, digest };
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}
