/** Segments of the archive in the bucket of the models, under `PREFIX/archive/`. An object is whole or not there. */
import type { ArchivePlace, Erasure, Segment, SegmentStore, StoredSegment } from '../archive.ts';
import {
  erasureName,
  erasurePrefix,
  parseErasureName,
  parseSegmentName,
  partitionFolder,
  placeOf,
  segmentName,
} from '../archive/segment-name.ts';
import type { Bucket } from './s3/bucket.ts';

export class S3Segments implements SegmentStore {
  readonly #bucket: Bucket;
  readonly #start: string;
  readonly #onStray: (key: string) => void;

  /** `onStray` hears of each at every look. */
  constructor(bucket: Bucket, prefix: string, place: ArchivePlace, onStray: (key: string) => void = () => undefined) {
    this.#bucket = bucket;
    this.#start = `${prefix}/archive/${placeOf(place)}/`;
    this.#onStray = onStray;
  }

  async create(segment: Segment, bytes: Uint8Array): Promise<void> {
    await this.#bucket.create(this.#start + segmentName(segment), bytes);
  }

  get(segment: Segment): Promise<Uint8Array | undefined> {
    return this.#bucket.get(this.#start + segmentName(segment));
  }

  async list(partition?: number): Promise<StoredSegment[]> {
    const below = partition === undefined ? '' : `${partitionFolder(partition)}/`;
    const found: StoredSegment[] = [];
    for (const [key, bytes] of await this.#bucket.sizes(this.#start + below)) {
      const name = key.slice(this.#start.length);
      const segment = parseSegmentName(name);
      if (segment) found.push({ ...segment, bytes });
      else if (!parseErasureName(name)) this.#onStray(key);
    }
    return found;
  }

  remove(segment: Segment): Promise<void> {
    return this.#bucket.remove(this.#start + segmentName(segment));
  }

  async note(erasure: Erasure): Promise<void> {
    await this.#bucket.create(this.#start + erasureName(erasure), new Uint8Array());
  }

  async erasures(partition: number): Promise<Erasure[]> {
    const keys = await this.#bucket.list(this.#start + erasurePrefix(partition));
    return keys.flatMap((key) => parseErasureName(key.slice(this.#start.length)) ?? []);
  }
}
