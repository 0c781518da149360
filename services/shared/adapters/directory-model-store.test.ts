import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelStoreContract } from '../../../test/contracts/model-store.ts';
import { connectModelStore } from './connect-model-store.ts';
import { DirectoryModelStore } from './directory-model-store.ts';

modelStoreContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-models-'));
  return {
    open: () => new DirectoryModelStore(join(folder, 'models')),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('DirectoryModelStore', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-models-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('shows nothing of an artifact that is half written, and leaves no drafts', async () => {
    const store = new DirectoryModelStore(folder);
    const digest = 'a'.repeat(64);
    const broken = new Map<string, Uint8Array>([
      ['first', Buffer.from('1')],
      ['second', undefined as unknown as Uint8Array],
    ]);
    await expect(store.put(digest, broken)).rejects.toMatchObject({ code: 'StoreUnavailable', retryable: true });
    expect(await store.list()).toEqual([]);
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'NotFound' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('says what is wrong with the folder', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const store = new DirectoryModelStore(join(file, 'models'));
    const problem = { code: 'StoreUnavailable', message: expect.stringContaining(file) };
    await expect(store.put('a'.repeat(64), new Map())).rejects.toMatchObject(problem);
  });

  it('is what a service gets that names a folder', () => {
    expect(connectModelStore({ LIKENESS_MODELS: folder })).toBeInstanceOf(DirectoryModelStore);
    expect(() => connectModelStore({})).toThrow(/LIKENESS_MODELS is not set/);
  });
});
