/** Immutable, signed model artifacts: sealing, and opening with every check that must pass before a model is served. */
import { createHash, sign, verify, type KeyObject } from 'node:crypto';
import { LikenessError } from '../errors.ts';
import type { Classifier } from './classify/classifier.ts';
import { decodeClassifier } from './classify/classifier-file.ts';
import { isClassifierKind } from './classify/classifier-kinds.ts';
import { decodeCleaning, type CleaningModel } from './cleaning/cleaning-model.ts';
import { decodeBaseline, type Baseline } from './drift/baseline.ts';
import { manifestSchema, type Manifest, type ManifestDetails } from './manifest.ts';
import { decodeModel, fileOf, jsonBytes, parseFile, type Model } from './model.ts';

const manifestFile = 'manifest.json';
/** Ed25519 over the manifest's bytes, 64 bytes. */
const signatureFile = 'manifest.sig';

export interface SealedArtifact {
  /** SHA-256 of the manifest: the artifact's address in the model store. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface LoadedModel extends Model {
  readonly digest: string;
  readonly manifest: Manifest;
  /** undefined: it ships with none, and its inputs are not watched. */
  readonly baseline?: Baseline | undefined;
}

/** `privateKey` is an Ed25519 key. Throws `ModelInvalid` if the details break the manifest's schema (a NaN metric). */
export function sealArtifact(
  modelFiles: ReadonlyMap<string, Uint8Array>,
  details: ManifestDetails,
  privateKey: KeyObject,
): SealedArtifact {
  const files = [...modelFiles]
    .map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256(bytes) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const stamp = details.trainedAt.slice(0, 19).replaceAll(/[-:]/g, '');
  const version = `${details.kind}-${stamp}-${sha256(jsonBytes([details.runId, files])).slice(0, 8)}`;
  const parsed = manifestSchema.safeParse({ ...details, format: 1, version, files });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new LikenessError('ModelInvalid', `${manifestFile}: ${issue.path.join('.')}: ${issue.message}`);
  }
  const bytes = jsonBytes(parsed.data);
  const sealed = new Map([...modelFiles, [manifestFile, bytes], [signatureFile, sign(null, bytes, privateKey)]]);
  return { digest: sha256(bytes), manifest: parsed.data, files: sealed };
}

/**
 * Opens an artifact, or throws `ModelInvalid` that names what is wrong. `trustedKeys` are Ed25519 public keys; one of
 * them must have signed the manifest. `digest`: the artifact that was asked for, if it was asked for by digest.
 */
export function openArtifact(
  files: ReadonlyMap<string, Uint8Array>,
  trustedKeys: readonly KeyObject[],
  digest?: string,
): LoadedModel {
  const verified = verifyArtifact(files, trustedKeys, digest);
  const { kind } = verified.manifest;
  if (isClassifierKind(kind))
    throw new LikenessError('ModelInvalid', `${manifestFile}: a model of kind ${kind} recommends nothing`);
  return recommenderIn(files, verified);
}

/** As openArtifact, whichever of the two it is. */
export function openEither(
  files: ReadonlyMap<string, Uint8Array>,
  trustedKeys: readonly KeyObject[],
  digest: string,
): LoadedModel | LoadedClassifier {
  const verified = verifyArtifact(files, trustedKeys, digest);
  return isClassifierKind(verified.manifest.kind) ? classifierIn(files, verified) : recommenderIn(files, verified);
}

type Verified = ReturnType<typeof verifyArtifact>;

function recommenderIn(files: ReadonlyMap<string, Uint8Array>, { found, manifest }: Verified): LoadedModel {
  const model = decodeModel(files);
  if (model.recommender.kind !== manifest.kind || model.popularity.items.size !== manifest.items)
    throw new LikenessError(
      'ModelInvalid',
      `${manifestFile}: says ${manifest.kind} of ${manifest.items} items, the files hold ` +
        `${model.recommender.kind} of ${model.popularity.items.size}`,
    );
  // Whoever puts a model into service answers for its cleaning too, and the cleaner never sees a broken one.
  decodeCleaning(files);
  return { ...model, digest: found, manifest, baseline: decodeBaseline(files) };
}

export interface LoadedClassifier {
  readonly digest: string;
  readonly manifest: Manifest;
  readonly classifier: Classifier;
  /** undefined: it ships with none, and nothing of it is watched. */
  readonly baseline?: Baseline | undefined;
}

/** As openArtifact, for a model that classifies; its golden rows have got the answers that they got in training. */
export function openClassifier(
  files: ReadonlyMap<string, Uint8Array>,
  trustedKeys: readonly KeyObject[],
  digest?: string,
): LoadedClassifier {
  const verified = verifyArtifact(files, trustedKeys, digest);
  const { kind } = verified.manifest;
  if (!isClassifierKind(kind))
    throw new LikenessError('ModelInvalid', `${manifestFile}: a model of kind ${kind} classifies nothing`);
  return classifierIn(files, verified);
}

function classifierIn(files: ReadonlyMap<string, Uint8Array>, { found, manifest }: Verified): LoadedClassifier {
  const classifier = decodeClassifier(files);
  if (classifier.model.kind !== manifest.kind)
    throw new LikenessError(
      'ModelInvalid',
      `${manifestFile}: says ${manifest.kind}, the files hold ${classifier.model.kind}`,
    );
  decodeCleaning(files);
  return { digest: found, manifest, classifier, baseline: decodeBaseline(files) };
}

export interface LoadedCleaning {
  readonly manifest: Manifest;
  /** undefined: the model carries none. */
  readonly cleaning: CleaningModel | undefined;
}

/** As openArtifact, but reads nothing of the model itself. */
export function openCleaning(
  files: ReadonlyMap<string, Uint8Array>,
  trustedKeys: readonly KeyObject[],
  digest: string,
): LoadedCleaning {
  const { manifest } = verifyArtifact(files, trustedKeys, digest);
  return { manifest, cleaning: decodeCleaning(files) };
}

function verifyArtifact(files: ReadonlyMap<string, Uint8Array>, trustedKeys: readonly KeyObject[], digest?: string) {
  const manifestBytes = fileOf(files, manifestFile);
  verifySignature(manifestBytes, fileOf(files, signatureFile), trustedKeys);
  const found = sha256(manifestBytes);
  if (digest !== undefined && digest !== found)
    throw new LikenessError('ModelInvalid', `${manifestFile}: the artifact is ${found}, asked for was ${digest}`);
  const manifest = parseFile(files, manifestFile, manifestSchema);
  verifyFiles(files, manifest);
  return { found, manifest };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function verifySignature(manifest: Uint8Array, signature: Uint8Array, trustedKeys: readonly KeyObject[]): void {
  if (trustedKeys.length === 0)
    throw new LikenessError('ModelInvalid', `${signatureFile}: there are no trusted keys to check it against`);
  if (!trustedKeys.some((key) => verify(null, manifest, key, signature)))
    throw new LikenessError('ModelInvalid', `${signatureFile}: no trusted key has signed this manifest`);
}

function verifyFiles(files: ReadonlyMap<string, Uint8Array>, manifest: Manifest): void {
  for (const { name, bytes, sha256: expected } of manifest.files) {
    const held = fileOf(files, name);
    if (held.length !== bytes || sha256(held) !== expected)
      throw new LikenessError('ModelInvalid', `${name}: its bytes are not those that the manifest names`);
  }
  const named = new Set([manifestFile, signatureFile, ...manifest.files.map((file) => file.name)]);
  for (const name of files.keys())
    if (!named.has(name)) throw new LikenessError('ModelInvalid', `${name}: is not named in the manifest`);
}
