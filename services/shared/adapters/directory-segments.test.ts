import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { segmentStoreContract } from '../../../test/contracts/segment-store.ts';
import type { ArchivePlace } from '../archive.ts';
import { DirectoryModelStore } from './directory-model-store.ts';
import { DirectorySegments } from './directory-segments.ts';

segmentStoreContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-segments-'));
  return {
    open: (place) => new DirectorySegments(join(folder, 'models'), place),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('DirectorySegments', () => {
  const place: ArchivePlace = { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 };
  const segment = { partition: 0, first: 0, last: 9, maxTime: 5 };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-segments-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('passes over what a writer that was killed has left, and removes it when it is old', async () => {
    const store = new DirectorySegments(folder, place);
    await store.create(segment, Buffer.from('1'));
    const partition = join(folder, 'archive', 'default.shop', 'events-clean.e1', 'p0');
    for (const name of ['.draft-old', '.draft-new']) await writeFile(join(partition, name), 'half');
    await utimes(join(partition, '.draft-old'), 1, 1);
    expect(await store.list()).toHaveLength(1);
    await store.create({ ...segment, first: 10, last: 19 }, Buffer.from('2'));
    const names = await readdir(partition);
    expect(names.filter((name) => name.startsWith('.'))).toEqual(['.draft-new']);
  });

  it('lies beside the models without being one', async () => {
    await new DirectorySegments(folder, place).create(segment, Buffer.from('1'));
    expect(await new DirectoryModelStore(folder).list()).toEqual([]);
  });

  it('says which folder cannot be used', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(new DirectorySegments(file, place).list()).rejects.toMatchObject({
      code: 'StoreUnavailable',
      retryable: true,
      message: expect.stringContaining(file),
    });
  });
});
