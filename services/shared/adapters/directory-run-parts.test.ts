import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runPartsContract } from '../../../test/contracts/run-parts.ts';
import { connectRunParts } from './connect-model-store.ts';
import { DirectoryModelStore } from './directory-model-store.ts';
import { DirectoryRunParts } from './directory-run-parts.ts';

runPartsContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-parts-'));
  return {
    open: (run) => new DirectoryRunParts(folder, run),
    close: () => rm(folder, { recursive: true }),
  };
});

it('lies beside the models, which do not show it, and says where it cannot be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-parts-'));
  const run = { pipeline: 'default.shop', runId: 'run-1' };
  await connectRunParts({ LIKENESS_MODELS: folder }, run).create('a', Buffer.from('1'));
  expect(await new DirectoryModelStore(folder).list()).toEqual([]);
  await writeFile(join(folder, 'file'), '');
  await expect(new DirectoryRunParts(join(folder, 'file'), run).create('a', Buffer.from('1'))).rejects.toMatchObject({
    code: 'StoreUnavailable',
    retryable: true,
    message: expect.stringContaining(join(folder, 'file')),
  });
  await rm(folder, { recursive: true });
});
