/** Parts of a training run in the bucket of the models, under `PREFIX/runs/PIPELINE/RUN/`. */
import type { ReplaceableParts, RunPlace } from '../run-parts.ts';
import type { Bucket } from './s3/bucket.ts';

export class S3RunParts implements ReplaceableParts {
  readonly #bucket: Bucket;
  readonly #pipeline: string;
  readonly #run: string;

  constructor(bucket: Bucket, prefix: string, { pipeline, runId }: RunPlace) {
    this.#bucket = bucket;
    this.#pipeline = `${prefix}/runs/${pipeline}/`;
    this.#run = `${this.#pipeline}${runId}/`;
  }

  async create(name: string, bytes: Uint8Array): Promise<void> {
    await this.#bucket.create(this.#run + name, bytes);
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.#bucket.replace(this.#run + name, bytes);
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.#bucket.get(this.#run + name);
  }

  async clear(kept: readonly string[]): Promise<void> {
    const spared = new Set(kept.map((name) => this.#run + name));
    for (const key of await this.#bucket.list(this.#run)) if (!spared.has(key)) await this.#bucket.remove(key);
  }

  async clearOthers(): Promise<void> {
    for (const key of await this.#bucket.list(this.#pipeline))
      if (!key.startsWith(this.#run)) await this.#bucket.remove(key);
  }
}
