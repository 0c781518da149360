/** The embedded profile store keeps the contract, and its promises hold across processes that die. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { foldUpTo } from '../../../test/contracts/profile-store-chain.ts';
import { profileStoreContract } from '../../../test/contracts/profile-store.ts';
import { openLmdbProfileStore } from './lmdb-profile-store.ts';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'likeness-profiles-'));

profileStoreContract('LMDB', async () => {
  const folder = await newFolder();
  return {
    open: async () => openLmdbProfileStore(folder),
    stop: () => rm(folder, { recursive: true }),
  };
});

test('processes that compete and are killed leave exactly one history', async () => {
  const folder = await newFolder();
  onTestFinished(() => rm(folder, { recursive: true }));
  const program = join(import.meta.dirname, '../../../test/contracts/profile-store-writer.ts');
  const writers = [1, 2].map((seed) =>
    spawn(process.execPath, [program, folder, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const acknowledged = await Promise.all(
    writers.map(
      (writer, index) =>
        new Promise<number>((resolve) => {
          let last = 0;
          writer.stdout.on('data', (data: Buffer) => {
            last = Number(data.toString().trim().split('\n').at(-1));
            if (last > 20 * (index + 1)) writer.kill('SIGKILL');
          });
          writer.on('close', () => resolve(last));
        }),
    ),
  );
  const store = openLmdbProfileStore(folder);
  const { offset, matches } = await foldUpTo(store, 't');
  expect(matches).toBe(true);
  expect(offset).toBeGreaterThanOrEqual(Math.max(...acknowledged));
  await store.close();
});
