/** Keys that are read again when their file changes, and what happens while the file cannot be seen. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openAccessKeyFile } from './access-key-file.ts';

let folder: string;
let path: string;
let logged: { readonly level: number; readonly path: string }[];
const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-access-keys-'));
  path = join(folder, 'keys.json');
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(key: string): void {
  const sha256 = createHash('sha256').update(key).digest('hex');
  writeFileSync(path, JSON.stringify([{ name: key, sha256, scopes: ['write'] }]));
}

it('takes a changed file over, and keeps the last good keys while it cannot be seen or read', async () => {
  write('one');
  const file = openAccessKeyFile(path, logger, { pollMs: 5 });
  expect(file.keys('one')).toMatchObject({ name: 'one' });
  rmSync(path);
  // A link to itself: the system refuses to say even whether it is there.
  symlinkSync(path, path);
  await vi.waitFor(() => expect(logged).toMatchObject([{ level: 50, path }]));
  expect(file.keys('one')).toMatchObject({ name: 'one' });
  rmSync(path);
  write('two');
  await vi.waitFor(() => expect(file.keys('two')).toMatchObject({ name: 'two' }));
  expect(file.keys('one')).toBeUndefined();
  expect(logged).toHaveLength(2);
  file.close();
});

it('refuses to begin with a file that is not there, or is no list of keys, and never shows what is in it', () => {
  expect(() => openAccessKeyFile(path, logger)).toThrow(path);
  writeFileSync(path, 'secret');
  const hidden: unknown = expect.objectContaining({ message: expect.not.stringContaining('secret') as string });
  expect(() => openAccessKeyFile(path, logger)).toThrow(hidden as Error);
});
