import { describe, expect, it } from 'vitest';
import { archiveBesideOthers } from '../../../test/contracts/archive-beside-others.ts';
import { segmentStoreContract } from '../../../test/contracts/segment-store.ts';
import type { ArchivePlace } from '../archive.ts';
import { memoryBucket } from './s3/test-bucket.ts';
import { S3Segments } from './s3-segments.ts';

async function start() {
  const { bucket } = memoryBucket();
  const open = (place: ArchivePlace) => new S3Segments(bucket, 'shops/shop', place);
  return { open, close: () => Promise.resolve() };
}

segmentStoreContract('S3, in memory', start);
archiveBesideOthers('S3, in memory', start, 10);

describe('S3Segments', () => {
  const place: ArchivePlace = { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 };

  it('names what is nothing of it, and passes it over', async () => {
    const { bucket, objects } = memoryBucket();
    const strays: string[] = [];
    const store = new S3Segments(bucket, 'shops/shop', place, (key) => strays.push(key));
    await store.create({ partition: 0, first: 0, last: 9, maxTime: 5 }, Buffer.from('1'));
    await store.note({ partition: 0, before: 5, profile: 'ab'.repeat(32) });
    const folder = 'shops/shop/archive/default.shop/events-clean.e1';
    for (const name of ['README', 'p0/notes.txt', 'p0/']) objects.set(`${folder}/${name}`, Buffer.from('?'));
    expect(await store.list()).toHaveLength(1);
    expect(await store.list(0)).toHaveLength(1);
    expect(await store.erasures(0)).toHaveLength(1);
    expect(new Set(strays)).toEqual(new Set(['README', 'p0/notes.txt', 'p0/'].map((name) => `${folder}/${name}`)));
  });
});
