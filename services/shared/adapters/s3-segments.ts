/** Segments of the archive in the bucket of the models, under `PREFIX/archive/`. An object is whole or not there. */
import type { ArchivePlace, Segment, SegmentStore, StoredSegment } from '../archive.ts';
import { parseSegmentName, partitionFolder, placeOf, segmentName } from '../archive/segment-name.ts';
import type { Bucket } from './s3/bucket.ts';

export class S3Segments implements SegmentStore {
  readonly #bucket: Bucket;
  readonly #start: string;

  constructor(bucket: Bucket, prefix: string, place: ArchivePlace) {
    this.#bucket = bucket;
    this.#start = `${prefix}/archive/${placeOf(place)}/`;
  }

  async create(segment: Segment, bytes: Uint8Array): Promise<void> {
    await this.#bucket.create(this.#keyOf(segment), bytes);
  }

  replace(segment: Segment, bytes: Uint8Array): Promise<void> {
    return this.#bucket.replace(this.#keyOf(segment), bytes);
  }

  get(segment: Segment): Promise<Uint8Array | undefined> {
    return this.#bucket.get(this.#keyOf(segment));
  }

  async list(partition?: number): Promise<StoredSegment[]> {
    const below = partition === undefined ? '' : `${partitionFolder(partition)}/`;
    return [...(await this.#bucket.sizes(this.#start + below))].flatMap(([key, bytes]) => {
      const segment = parseSegmentName(key.slice(this.#start.length));
      return segment ? [{ ...segment, bytes }] : [];
    });
  }

  remove(segment: Segment): Promise<void> {
    return this.#bucket.remove(this.#keyOf(segment));
  }

  readonly #keyOf = (segment: Segment): string => this.#start + segmentName(segment);
}
