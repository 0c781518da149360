/** Segments of the archive in a folder beside the models: a file appears whole, by a rename. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArchivePlace, Erasure, Segment, SegmentStore, StoredSegment } from '../archive.ts';
import {
  erasureName,
  isPartitionFolder,
  parseErasureName,
  parseSegmentName,
  partitionFolder,
  placeOf,
  segmentName,
} from '../archive/segment-name.ts';
import { LikenessError } from '../errors.ts';
import { nothingIfMissing, syncFolder, writeDurably } from './durable-files.ts';

const draftPrefix = '.draft-';
const abandonedMs = 3_600_000;

/** Another file stands where this one must: nothing changes by itself. */
const inTheWay: ReadonlySet<string | undefined> = new Set(['ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY']);

export class DirectorySegments implements SegmentStore {
  readonly #folder: string;
  readonly #onStray: (path: string) => void;

  /** `models` is the folder of the models. It is made at the first segment. `onStray` hears of each at every look. */
  constructor(models: string, place: ArchivePlace, onStray: (path: string) => void = () => undefined) {
    this.#folder = join(models, 'archive', placeOf(place));
    this.#onStray = onStray;
  }

  create(segment: Segment, bytes: Uint8Array): Promise<void> {
    return this.#createFile(segmentName(segment), bytes);
  }

  get(segment: Segment): Promise<Uint8Array | undefined> {
    return this.#guard(() => readFile(this.#pathOf(segmentName(segment))).catch(nothingIfMissing));
  }

  list(partition?: number): Promise<StoredSegment[]> {
    return this.#guard(async () => {
      const partitions = partition === undefined ? await this.#partitions() : [partitionFolder(partition)];
      const found = await Promise.all(partitions.map((name) => this.#listFolder(name)));
      return found.flat();
    });
  }

  remove(segment: Segment): Promise<void> {
    return this.#guard(() => rm(this.#pathOf(segmentName(segment)), { force: true }));
  }

  note(erasure: Erasure): Promise<void> {
    return this.#createFile(erasureName(erasure), new Uint8Array());
  }

  erasures(partition: number): Promise<Erasure[]> {
    return this.#guard(async () => {
      const folder = partitionFolder(partition);
      return (await this.#namesIn(folder)).flatMap((file) => parseErasureName(`${folder}/${file}`) ?? []);
    });
  }

  async #partitions(): Promise<string[]> {
    const names = await this.#namesIn('');
    for (const name of names) if (!isPartitionFolder(name)) this.#onStray(this.#pathOf(name));
    return names.filter(isPartitionFolder);
  }

  async #listFolder(folder: string): Promise<StoredSegment[]> {
    const found: StoredSegment[] = [];
    for (const file of await this.#namesIn(folder)) {
      const name = `${folder}/${file}`;
      if (file.startsWith(draftPrefix) || parseErasureName(name)) continue;
      const segment = parseSegmentName(name);
      // One that is removed meanwhile is no longer listed.
      const known = await stat(this.#pathOf(name)).catch(nothingIfMissing);
      if (segment && known?.isFile()) found.push({ ...segment, bytes: known.size });
      else if (known) this.#onStray(this.#pathOf(name));
    }
    return found;
  }

  #createFile(name: string, bytes: Uint8Array): Promise<void> {
    return this.#guard(async () => {
      const known = await stat(this.#pathOf(name)).catch(nothingIfMissing);
      if (!known?.isFile()) await this.#write(this.#pathOf(name), bytes);
    });
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
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
    for (const file of await readdir(folder)) {
      if (!file.startsWith(draftPrefix)) continue;
      const path = join(folder, file);
      const known = await stat(path).catch(nothingIfMissing);
      if (known && Date.now() - known.mtimeMs > abandonedMs) await rm(path, { force: true });
    }
  }

  readonly #pathOf = (name: string): string => join(this.#folder, name);

  async #namesIn(folder: string): Promise<string[]> {
    return (await readdir(this.#pathOf(folder)).catch(nothingIfMissing)) ?? [];
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const message = `The archive in ${this.#folder} cannot be used: ${(cause as Error).message}`;
      if (inTheWay.has((cause as NodeJS.ErrnoException).code))
        throw new LikenessError('BadConfig', `${message}. Move away what stands there.`, { cause });
      throw new LikenessError('StoreUnavailable', message, { cause, retryable: true });
    }
  }
}
