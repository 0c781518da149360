import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveBesideOthers } from '../../../test/contracts/archive-beside-others.ts';
import { segmentStoreContract } from '../../../test/contracts/segment-store.ts';
import { segmentName } from '../archive/segment-name.ts';
import type { ArchivePlace } from '../archive.ts';
import { DirectoryModelStore } from './directory-model-store.ts';
import { DirectorySegments } from './directory-segments.ts';

async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-segments-'));
  return {
    open: (place: ArchivePlace) => new DirectorySegments(join(folder, 'models'), place),
    close: () => rm(folder, { recursive: true }),
  };
}

segmentStoreContract('directory', start);
archiveBesideOthers('directory', start, 10);

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

  it('names what is nothing of it, and passes it over', async () => {
    const strays: string[] = [];
    const store = new DirectorySegments(folder, place, (path) => strays.push(path));
    await store.create(segment, Buffer.from('1'));
    await store.note({ partition: 0, before: 5, profile: 'ab'.repeat(32) });
    const epoch = join(folder, 'archive', 'default.shop', 'events-clean.e1');
    const names = ['.DS_Store', 'README', 'p0/notes.txt', `p0/${'0'.repeat(16)}-${'0'.repeat(16)}-1.parquet`];
    for (const name of names.slice(0, 3)) await writeFile(join(epoch, name), '?');
    await mkdir(join(epoch, names[3]!));
    expect(await store.list()).toEqual([{ ...segment, bytes: 1 }]);
    expect(new Set(strays)).toEqual(new Set(names.map((name) => join(epoch, name))));
  });

  it('refuses what stands in its way, at once, and says what to do', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const refusal = {
      code: 'BadConfig',
      retryable: false,
      message: expect.stringMatching(/archive.*Move away what stands/),
    };
    await expect(new DirectorySegments(file, place).list()).rejects.toMatchObject(refusal);
    await expect(new DirectorySegments(file, place).create(segment, Buffer.from('1'))).rejects.toMatchObject(refusal);
    const epoch = join(folder, 'archive', 'default.shop', 'events-clean.e1');
    await mkdir(epoch, { recursive: true });
    await writeFile(join(epoch, 'p0'), 'file');
    const store = new DirectorySegments(folder, place);
    await expect(store.list()).rejects.toMatchObject(refusal);
    await expect(store.create(segment, Buffer.from('1'))).rejects.toMatchObject(refusal);
    await rm(join(epoch, 'p0'));
    await mkdir(join(epoch, segmentName(segment), 'within'), { recursive: true });
    await expect(store.create(segment, Buffer.from('1'))).rejects.toMatchObject({
      ...refusal,
      message: expect.anything(),
    });
  });

  it('waits for a folder that cannot be used now', async () => {
    const epoch = join(folder, 'archive', 'default.shop', 'events-clean.e1');
    await symlink(join(folder, 'loop'), join(folder, 'loop'));
    await mkdir(epoch, { recursive: true });
    await symlink(join(folder, 'loop'), join(epoch, 'p0'));
    await expect(new DirectorySegments(folder, place).list()).rejects.toMatchObject({
      code: 'StoreUnavailable',
      retryable: true,
      message: expect.stringContaining(epoch),
    });
  });
});
