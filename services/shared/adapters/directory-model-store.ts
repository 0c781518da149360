/** Model artifacts in a folder (a volume in the cluster): one folder a digest, complete or absent. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../errors.ts';
import { checkDigest, checkFileNames, isDigest, type ModelStore } from '../model-store.ts';
import { exists, syncFolder, writeDurably } from './durable-files.ts';

export class DirectoryModelStore implements ModelStore {
  readonly #folder: string;

  /** The folder is made at the first `put`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(digest: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const target = this.#pathOf(digest);
    checkFileNames(files.keys());
    await this.#guard(async () => {
      await mkdir(this.#folder, { recursive: true });
      if (await exists(target)) return;
      const draft = join(this.#folder, `.draft-${randomUUID()}`);
      try {
        await mkdir(draft);
        for (const [name, bytes] of files) await writeDurably(join(draft, name), bytes);
        await syncFolder(draft);
        await moveIntoPlace(draft, target);
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
      await syncFolder(this.#folder);
    });
  }

  async get(digest: string): Promise<Map<string, Uint8Array>> {
    const folder = this.#pathOf(digest);
    return this.#guard(async () => {
      if (!(await exists(folder)))
        throw new LikenessError('NotFound', `There is no model ${digest} in ${this.#folder}`);
      const names = (await readdir(folder)).sort();
      const files = new Map<string, Uint8Array>();
      for (const name of names) files.set(name, await readFile(join(folder, name)));
      return files;
    });
  }

  async list(): Promise<string[]> {
    return this.#guard(async () => {
      if (!(await exists(this.#folder))) return [];
      return (await readdir(this.#folder)).filter(isDigest).sort();
    });
  }

  #pathOf(digest: string): string {
    checkDigest(digest);
    return join(this.#folder, digest);
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof LikenessError) throw cause;
      const message = `The model folder ${this.#folder} cannot be used: ${(cause as Error).message}`;
      throw new LikenessError('StoreUnavailable', message, { cause, retryable: true });
    }
  }
}

/** A rival that put the same digest first is no error: the same digest is the same artifact. */
async function moveIntoPlace(draft: string, target: string): Promise<void> {
  try {
    await rename(draft, target);
  } catch (cause) {
    if (!(await exists(target))) throw cause;
  }
}
