/** Makes bad candidates of a good one: models spoilt before they are sealed, manifests that lie, files spoilt on disk. */
import { randomUUID, type KeyObject } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sealArtifact, type SealedArtifact } from '../../services/shared/learning/artifact.ts';
import type { Classifier } from '../../services/shared/learning/classify/classifier.ts';
import { decodeClassifier, encodeClassifier } from '../../services/shared/learning/classify/classifier-file.ts';
import { Blend, type Part } from '../../services/shared/learning/blend.ts';
import { ItemIndex } from '../../services/shared/learning/item-index.ts';
import { ItemMatrix } from '../../services/shared/learning/item-matrix.ts';
import type { ManifestDetails } from '../../services/shared/learning/manifest.ts';
import { manifestSchema } from '../../services/shared/learning/manifest.ts';
import { decodeModel, encodeModel, type Model } from '../../services/shared/learning/model.ts';
import type { Example } from '../../services/shared/learning/point-in-time/example.ts';
import { Popularity } from '../../services/shared/learning/popularity.ts';
import type { CandidateMessage } from '../../services/shared/model-stream.ts';
import { signingKey, type GateWorld } from './world.ts';

type Files = Map<string, Uint8Array>;
type Spoil = (model: Model) => Model;

export interface Recipe {
  /** Of the model, and of its twin; default: as they are. */
  readonly model?: Spoil;
  readonly twin?: Spoil;
  /** Of the files, before they are sealed. */
  readonly files?: (files: Files) => void;
  /** Likewise of its twin. */
  readonly twinFiles?: (files: Files) => void;
  readonly details?: Partial<ManifestDetails>;
  readonly twinDetails?: Partial<ManifestDetails>;
  readonly key?: KeyObject;
  /** Of what is announced. */
  readonly message?: Partial<CandidateMessage>;
  /** Of the folder of the artifact, once it is stored. */
  readonly stored?: (folder: string) => void;
  readonly twinStored?: (folder: string) => void;
}

const ownFiles = new Set(['manifest.json', 'manifest.sig']);

/** Of a candidate that the trainer has made. */
export async function readGood(world: GateWorld, candidate: CandidateMessage) {
  const files = await world.models.get(candidate.digest);
  const manifest = manifestSchema.parse(JSON.parse(Buffer.from(files.get('manifest.json')!).toString()));
  const twinFiles = await world.models.get(manifest.twin!.digest);
  const twinManifest = manifestSchema.parse(JSON.parse(Buffer.from(twinFiles.get('manifest.json')!).toString()));
  return { files, manifest, twinFiles, twinManifest };
}

export type Good = Awaited<ReturnType<typeof readGood>>;

/** Stores what the recipe makes of a good one, under a run of its own, and gives what is to be announced. */
export async function prepare(world: GateWorld, good: Good, recipe: Recipe): Promise<CandidateMessage> {
  const runId = recipe.message?.runId ?? `bad-${randomUUID()}`;
  const trainedAt = new Date().toISOString();
  const { format: _f, version: _v, files: _files, twin: _t, ...told } = good.manifest;
  const { format: _tf, version: _tv, files: _tfiles, ...twinTold } = good.twinManifest;
  const twin = seal(good.twinFiles, recipe.twin, {
    details: { ...twinTold, runId, trainedAt, ...recipe.twinDetails },
    key: signingKey,
    spoilFiles: recipe.twinFiles,
  });
  await put(world, twin, recipe.twinStored);
  const details = {
    ...told,
    runId,
    trainedAt,
    twin: { ...good.manifest.twin!, digest: twin.digest },
    ...recipe.details,
  };
  const self = seal(good.files, recipe.model, { details, key: recipe.key ?? signingKey, spoilFiles: recipe.files });
  await put(world, self, recipe.stored);
  const { model, version, events, metrics } = self.manifest;
  return {
    kind: 'candidate',
    runId,
    model,
    version,
    digest: self.digest,
    trainedAt,
    events,
    metrics,
    ...recipe.message,
  };
}

interface Sealing {
  readonly details: ManifestDetails;
  readonly key: KeyObject;
  readonly spoilFiles?: Recipe['files'] | undefined;
}

function seal(
  files: ReadonlyMap<string, Uint8Array>,
  spoil: Spoil | undefined,
  { details, key, spoilFiles }: Sealing,
): SealedArtifact {
  const kept: Files = new Map([...files].filter(([name]) => !ownFiles.has(name)));
  const model = spoil?.(decodeModel(files));
  if (model) for (const [name, bytes] of encodeModel(model)) kept.set(name, bytes);
  spoilFiles?.(kept);
  const items = model ? model.popularity.items.size : details.items;
  return sealArtifact(kept, { ...details, items }, key);
}

async function put(
  world: GateWorld,
  { digest, files }: SealedArtifact,
  spoil?: (folder: string) => void,
): Promise<void> {
  await world.models.put(digest, files);
  spoil?.(join(world.folder, 'models', digest));
}

export const removeFile = (name: string) => (folder: string) => rmSync(join(folder, name));
export const addFile = (name: string) => (folder: string) => writeFileSync(join(folder, name), 'x');
export const removeAll = (folder: string) => rmSync(folder, { recursive: true });

/** Of a classifier: with the answers that the changed one gives to its golden rows. */
export const classifier =
  (change: (classifier: Classifier) => Classifier) =>
  (files: Files): void => {
    const golden = JSON.parse(Buffer.from(files.get('golden.json')!).toString()) as Example[];
    const rows = golden.map(({ values, time }) => ({ values, time }));
    const changed = change(decodeClassifier(files));
    const encoded = encodeClassifier({ classifier: changed, selection: [], golden: rows });
    for (const name of ['classifier.json', 'golden.json']) files.set(name, encoded.get(name)!);
  };

/** Of a linear one. */
export const coefficients = (change: (value: number, column: number) => number) =>
  classifier(({ model, ...rest }) => {
    if (model.kind !== 'linear') throw new Error(`a ${model.kind} has no coefficients`);
    const { intercept, coefficients: held } = model.linear;
    return { ...rest, model: { kind: 'linear', linear: { intercept, coefficients: held.map(change) } } };
  });

/** Every value of every matrix. */
export const eachValue =
  (change: (value: number, row: number, column: number) => number): Spoil =>
  (model) =>
    withParts(model, (matrix) => {
      const values = matrix.values.slice();
      for (let row = 0; row < matrix.rows; row++)
        for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++)
          values[at] = change(values[at]!, row, matrix.columns[at]!);
      return new ItemMatrix(matrix.starts, matrix.columns, values);
    });

/** One value of the first matrix. */
export const oneValue = (value: number): Spoil => {
  let changed = false;
  return eachValue((held) => (changed ? held : ((changed = true), value)));
};

/** Every row of every matrix is full of the same. */
export const everywhere =
  (value: number): Spoil =>
  (model) => {
    const size = model.popularity.items.size;
    return withParts(model, () => {
      const starts = Uint32Array.from({ length: size + 1 }, (_, row) => row * size);
      const columns = Uint32Array.from({ length: size * size }, (_, at) => at % size);
      return new ItemMatrix(starts, columns, new Float32Array(size * size).fill(value));
    });
  };

/** The items are called otherwise: each as the one so many places on. */
export const shifted =
  (by: number): Spoil =>
  (model) => {
    const { items, counts } = model.popularity;
    const ids = items.ids.map((_, index) => items.ids[(index + by) % items.size]!);
    const index = new ItemIndex(ids);
    return {
      ...model,
      popularity: new Popularity(index, counts),
      recommender: new Blend(index, (model.recommender as Blend).parts),
    };
  };

/** Every second item is gone. */
export const halved: Spoil = (model) => {
  const { items, counts } = model.popularity;
  const half = (index: number): boolean => index % 2 === 0;
  const index = new ItemIndex(items.ids.filter((_, at) => half(at)));
  const parts = (model.recommender as Blend).parts.map((part): Part => ({ ...part, matrix: halfOf(part.matrix) }));
  return {
    itemAttributes: model.itemAttributes.filter((_, at) => half(at)),
    popularity: new Popularity(
      index,
      counts.filter((_, at) => half(at)),
    ),
    recommender: new Blend(index, parts),
  };
};

function halfOf(matrix: ItemMatrix): ItemMatrix {
  const [starts, columns, values]: [number[], number[], number[]] = [[0], [], []];
  for (let row = 0; row < matrix.rows; row += 2) {
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++)
      if (matrix.columns[at]! % 2 === 0) {
        columns.push(matrix.columns[at]! / 2);
        values.push(matrix.values[at]!);
      }
    starts.push(columns.length);
  }
  return new ItemMatrix(Uint32Array.from(starts), Uint32Array.from(columns), Float32Array.from(values));
}

function withParts(model: Model, change: (matrix: ItemMatrix) => ItemMatrix): Model {
  const { items, parts } = model.recommender as Blend;
  return {
    ...model,
    recommender: new Blend(
      items,
      parts.map((part) => ({ ...part, matrix: change(part.matrix) })),
    ),
  };
}
