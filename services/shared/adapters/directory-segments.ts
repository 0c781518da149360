/** Segments of the archive in a folder beside the models: a file appears whole, by a rename. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArchivePlace, Segment, SegmentStore, StoredSegment } from '../archive.ts';
import { parseSegmentName, partitionFolder, placeOf, segmentName } from '../archive/segment-name.ts';
import { LikenessError } from '../errors.ts';
import { exists, nothingIfMissing, syncFolder, writeDurably } from './durable-files.ts';

const draftPrefix = '.draft-';
const abandonedMs = 3_600_000;

export class DirectorySegments implements SegmentStore {
  readonly #folder: string;

  /** `models` is the folder of the models. It is made at the first segment. */
  constructor(models: string, place: ArchivePlace) {
    this.#folder = join(models, 'archive', placeOf(place));
  }

  create(segment: Segment, bytes: Uint8Array): Promise<void> {
    return this.#guard(async () => {
      if (!(await exists(this.#pathOf(segment)))) await this.#write(segment, bytes);
    });
  }

  replace(segment: Segment, bytes: Uint8Array): Promise<void> {
    return this.#guard(() => this.#write(segment, bytes));
  }

  get(segment: Segment): Promise<Uint8Array | undefined> {
    return this.#guard(() => readFile(this.#pathOf(segment)).catch(nothingIfMissing));
  }

  list(partition?: number): Promise<StoredSegment[]> {
    return this.#guard(async () => {
      const partitions = partition === undefined ? await namesIn(this.#folder) : [partitionFolder(partition)];
      const found = await Promise.all(partitions.map((name) => this.#listFolder(name)));
      return found.flat();
    });
  }

  remove(segment: Segment): Promise<void> {
    return this.#guard(() => rm(this.#pathOf(segment), { force: true }));
  }

  async #listFolder(folder: string): Promise<StoredSegment[]> {
    const found: StoredSegment[] = [];
    for (const file of await namesIn(join(this.#folder, folder))) {
      const segment = parseSegmentName(`${folder}/${file}`);
      // One that is removed meanwhile is no longer listed.
      const known = segment && (await stat(this.#pathOf(segment)).catch(nothingIfMissing));
      if (segment && known) found.push({ ...segment, bytes: known.size });
    }
    return found;
  }

  async #write(segment: Segment, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(segment);
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    await this.#sweep(folder);
    const draft = join(folder, `${draftPrefix}${randomUUID()}`);
    try {
      await writeDurably(draft, bytes);
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    await syncFolder(folder);
  }

  /** What a writer that was killed has left; one that still writes is young. */
  async #sweep(folder: string): Promise<void> {
    for (const file of await namesIn(folder)) {
      if (!file.startsWith(draftPrefix)) continue;
      const path = join(folder, file);
      const known = await stat(path).catch(nothingIfMissing);
      if (known && Date.now() - known.mtimeMs > abandonedMs) await rm(path, { force: true });
    }
  }

  readonly #pathOf = (segment: Segment): string => join(this.#folder, segmentName(segment));

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const message = `The archive in ${this.#folder} cannot be used: ${(cause as Error).message}`;
      throw new LikenessError('StoreUnavailable', message, { cause, retryable: true });
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(nothingIfMissing)) ?? [];
}
