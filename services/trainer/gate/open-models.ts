/** Opens the artifacts that are compared, and refuses what must never serve, whatever it is worth. */
import type { KeyObject } from 'node:crypto';
import { describeError, LikenessError } from '../../shared/errors.ts';
import { codeVersion, type Manifest } from '../../shared/learning/manifest.ts';
import type { ModelStore } from '../../shared/model-store.ts';
import type { CandidateMessage, ModelRef } from '../../shared/model-stream.ts';
import type { Judging } from './deps.ts';

interface Openable {
  readonly digest: string;
  readonly manifest: Manifest;
}

/** `L`: a model in memory, one that recommends or one that classifies. */
export interface Opening<L extends Openable> {
  readonly models: ModelStore;
  readonly trustedKeys: readonly KeyObject[];
  readonly maxBytes: number;
  /** `{namespace}/{name}` of this pipeline. */
  readonly pipeline: string;
  /** Hash of the definitions that the spec has of what it learns from. */
  readonly schema: string;
  /** Verifies, decodes and tries it; throws `ModelInvalid`. */
  readonly open: (files: ReadonlyMap<string, Uint8Array>, trustedKeys: readonly KeyObject[], digest: string) => L;
}

interface Opened<L> {
  readonly self: L;
  readonly twin: L | undefined;
}

interface OpenedCandidate<L> extends Opened<L> {
  readonly twin: L;
}

interface Problem {
  /** In words, for a person. */
  readonly problem: string;
}

export interface Compared<L> extends OpenedCandidate<L> {
  /** The model in service; undefined where there is none, or it cannot be opened. */
  readonly active: Opened<L> | undefined;
  /** Why there is nothing to compare with although a model is in service. */
  readonly unseen: readonly string[];
  /** When the questions begin that neither twin has seen, milliseconds since 1970. */
  readonly from: number;
  /** What chance is drawn by at this candidate: the same whenever it is judged. */
  readonly seed: number;
}

/** The candidate and the model in service, each with its twin. Rejects only with what trying again may mend. */
export async function openBoth<L extends Openable>(
  { candidate, active }: Judging,
  opening: Opening<L>,
): Promise<Compared<L> | Problem> {
  const inService = active && (await openOther(active, opening));
  const opened = await openCandidate(candidate, inService?.opened, opening);
  if ('problem' in opened) return opened;
  return {
    ...opened,
    active: inService?.opened,
    unseen: unseen(inService),
    from: cutOf(opened.self.manifest, inService?.opened?.self.manifest),
    seed: Number.parseInt(opened.self.digest.slice(0, 8), 16),
  };
}

async function openCandidate<L extends Openable>(
  candidate: CandidateMessage,
  active: Opened<L> | undefined,
  opening: Opening<L>,
): Promise<OpenedCandidate<L> | Problem> {
  try {
    const self = await open(candidate.digest, opening);
    checkFacts(self.manifest, candidate, opening);
    if (active !== undefined) checkAge(self.manifest, active.self.manifest);
    return { self, twin: await openTwin(self, opening) };
  } catch (error) {
    return { problem: problemIn(error) };
  }
}

/** Of the model in service. One that cannot be opened any more is no reason to keep it. */
async function openOther<L extends Openable>(
  { digest, version }: ModelRef,
  opening: Opening<L>,
): Promise<{ readonly opened: Opened<L> } | (Problem & { readonly opened?: undefined })> {
  try {
    const self = await open(digest, opening);
    const twin = self.manifest.twin && (await openTwin(self, opening));
    return { opened: { self, twin } };
  } catch (error) {
    return { problem: `the model in service, ${version}, cannot be asked: ${problemIn(error)}` };
  }
}

function cutOf(candidate: Manifest, active: Manifest | undefined): number {
  const cuts = [candidate, active].map((manifest) => Date.parse(manifest?.twin?.before ?? ''));
  return Math.max(...cuts.filter((cut) => !Number.isNaN(cut)));
}

function unseen(inService: object | undefined): string[] {
  const { problem } = (inService ?? {}) as Partial<Problem>;
  return problem === undefined ? [] : [`${problem}, so it was not compared with it`];
}

/** What is not the store's trouble is the artifact's own fault, however it shows. */
function problemIn(error: unknown): string {
  if (error instanceof LikenessError && error.retryable) throw error;
  return describeError(error);
}

async function open<L extends Openable>(digest: string, opening: Opening<L>): Promise<L> {
  const { models, trustedKeys, maxBytes } = opening;
  const files = await models.get(digest);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  if (bytes > maxBytes) throw invalid(`the artifact has ${bytes} bytes, and ${maxBytes} are allowed`);
  return opening.open(files, trustedKeys, digest);
}

function checkFacts(
  manifest: Manifest,
  candidate: CandidateMessage,
  { pipeline, schema }: Pick<Opening<Openable>, 'pipeline' | 'schema'>,
): void {
  const wanted = { model: candidate.model, runId: candidate.runId, version: candidate.version, pipeline };
  for (const [field, expected] of Object.entries(wanted)) {
    const found = manifest[field as keyof typeof wanted];
    if (found !== expected) throw invalid(`manifest.json: its ${field} is ${found}, and it is to be ${expected}`);
  }
  if (manifest.codeVersion !== codeVersion)
    throw invalid(`manifest.json: code ${manifest.codeVersion} made it, and this is ${codeVersion}`);
  if (manifest.featureSchema !== schema)
    throw invalid('manifest.json: its featureSchema is of other definitions of what it learns from and foresees');
  const { skew } = manifest.metrics;
  if (skew !== undefined && !(skew <= 0))
    throw invalid(`manifest.json: features in training differ from those in service (skew ${skew})`);
}

/** A candidate that is announced again, or came late, would undo what has been learned since. */
function checkAge(candidate: Manifest, active: Manifest): void {
  if (Date.parse(candidate.trainedAt) > Date.parse(active.trainedAt)) return;
  throw invalid(`it was trained at ${candidate.trainedAt}, not after the model in service (${active.trainedAt})`);
}

/** Made by the same run in the same way, or it says nothing about this model. */
async function openTwin<L extends Openable>({ manifest }: L, opening: Opening<L>): Promise<L> {
  if (manifest.twin === undefined) throw invalid('manifest.json: it names no twin by which it could be judged');
  const twin = await open(manifest.twin.digest, opening);
  for (const field of ['kind', 'model', 'runId', 'pipeline', 'codeVersion', 'featureSchema'] as const)
    if (twin.manifest[field] !== manifest[field])
      throw invalid(`its twin ${manifest.twin.digest} is another model: its ${field} is ${twin.manifest[field]}`);
  if (twin.manifest.report['before'] !== manifest.twin.before)
    throw invalid(
      `its twin was fitted to the time before ${twin.manifest.report['before']}, not ${manifest.twin.before}`,
    );
  return twin;
}

function invalid(what: string): LikenessError {
  return new LikenessError('ModelInvalid', what);
}
