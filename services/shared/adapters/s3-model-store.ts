/**
 * Model artifacts in a bucket of S3. `PREFIX/artifacts/DIGEST/FILE` are the files; `PREFIX/complete/DIGEST.json`, written
 * last, names them with their digests: without it there is no artifact. Nothing that exists is ever written again.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LikenessError } from '../errors.ts';
import { checkDigest, checkFileNames, isDigest, type ModelStore } from '../model-store.ts';
import type { Bucket } from './s3/bucket.ts';

const completeSchema = z.object({
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
});
type Complete = z.output<typeof completeSchema>;

/** Files on their way at once. */
const atOnce = 4;

export class S3ModelStore implements ModelStore {
  readonly #bucket: Bucket;
  readonly #prefix: string;

  constructor(bucket: Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async put(digest: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    checkDigest(digest);
    checkFileNames(files.keys());
    if (await this.#bucket.get(this.#completeKey(digest))) return;
    await inTurns([...files], ([name, bytes]) => this.#createFile(this.#fileKey(digest, name), bytes));
    const complete: Complete = {
      files: [...files].map(([name, bytes]) => ({ name, bytes: bytes.byteLength, sha256: sha256(bytes) })),
    };
    await this.#bucket.create(this.#completeKey(digest), Buffer.from(JSON.stringify(complete)));
  }

  async get(digest: string): Promise<Map<string, Uint8Array>> {
    checkDigest(digest);
    const key = this.#completeKey(digest);
    const text = await this.#bucket.get(key);
    if (text === undefined)
      throw new LikenessError('NotFound', `There is no model ${digest}: the bucket has no ${key}`);
    const { files } = readComplete(key, text);
    const found = await inTurns(files, (file) => this.#readFile(digest, file));
    return new Map(files.map(({ name }, at) => [name, found[at]!]));
  }

  async list(): Promise<string[]> {
    const start = this.#completeKey('').replace(/\.json$/, '');
    const keys = await this.#bucket.list(start);
    return keys.map((key) => key.slice(start.length, -'.json'.length)).filter(isDigest);
  }

  /** What a writer that died has left is the same, because the digest is that of what it says. */
  async #createFile(key: string, bytes: Uint8Array): Promise<void> {
    if ((await this.#bucket.create(key, bytes)) === 'created') return;
    const there = await this.#bucket.get(key);
    if (there && Buffer.compare(there, bytes) === 0) return;
    throw damaged(key, 'is there already, with other content');
  }

  async #readFile(digest: string, { name, bytes, sha256: expected }: Complete['files'][number]): Promise<Uint8Array> {
    const key = this.#fileKey(digest, name);
    const found = await this.#bucket.get(key);
    if (found === undefined) throw damaged(key, 'is missing');
    if (found.byteLength === bytes && sha256(found) === expected) return found;
    throw damaged(key, 'has another SHA-256 than when it was written');
  }

  readonly #fileKey = (digest: string, name: string): string => `${this.#prefix}/artifacts/${digest}/${name}`;
  readonly #completeKey = (digest: string): string => `${this.#prefix}/complete/${digest}.json`;
}

function readComplete(key: string, text: Buffer): Complete {
  try {
    return completeSchema.parse(JSON.parse(text.toString('utf8')));
  } catch {
    throw damaged(key, 'does not name the files of a model');
  }
}

function damaged(key: string, what: string): LikenessError {
  const advice = 'Somebody else has written or removed it: remove what the bucket has of this model, and train again.';
  return new LikenessError('ModelInvalid', `The object ${key} ${what}. ${advice}`);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** In the order of `items`, a few at a time. */
async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  return results;
}
