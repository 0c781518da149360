/** Parts of a training run in the folder of the models, in `.runs/PIPELINE/RUN`. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../errors.ts';
import type { ReplaceableParts, RunPlace } from '../run-parts.ts';

const draftPrefix = '.draft-';

export class DirectoryRunParts implements ReplaceableParts {
  readonly #pipeline: string;
  readonly #runId: string;

  constructor(folder: string, { pipeline, runId }: RunPlace) {
    this.#pipeline = join(folder, '.runs', pipeline);
    this.#runId = runId;
  }

  create(name: string, bytes: Uint8Array): Promise<void> {
    return this.#guard(async () => {
      if (!(await stat(this.#pathOf(name)).catch(nothingIfMissing))) await this.#write(name, bytes);
    });
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.#guard(() => this.#write(name, bytes));
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.#pathOf(''), { recursive: true });
    const draft = this.#pathOf(`${draftPrefix}${randomUUID()}`);
    await writeFile(draft, bytes, { flush: true });
    await rename(draft, this.#pathOf(name));
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.#guard(() => readFile(this.#pathOf(name)).catch(nothingIfMissing));
  }

  clear(kept: readonly string[]): Promise<void> {
    return this.#guard(async () => {
      for (const name of await namesIn(this.#pathOf('')))
        if (!kept.includes(name)) await rm(this.#pathOf(name), { force: true });
    });
  }

  clearOthers(): Promise<void> {
    return this.#guard(async () => {
      for (const run of await namesIn(this.#pipeline))
        if (run !== this.#runId) await rm(join(this.#pipeline, run), { recursive: true, force: true });
    });
  }

  readonly #pathOf = (name: string): string => join(this.#pipeline, this.#runId, name);

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const message = `The parts of a training in ${this.#pipeline} cannot be used: ${(cause as Error).message}`;
      throw new LikenessError('StoreUnavailable', message, { cause, retryable: true });
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(nothingIfMissing)) ?? [];
}

function nothingIfMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT') return undefined;
  throw cause;
}
