import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDir } from './lock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('names its process while it holds the folder, and gives it back', () => {
  const unlock = lockDataDir(folder);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  unlock();
  expect(existsSync(file)).toBe(false);
});

it('refuses the folder of a living process, naming the lock file', () => {
  writeFileSync(file, String(process.ppid));
  expect(() => lockDataDir(folder)).toThrow(`in use by process ${process.ppid}`);
  expect(() => lockDataDir(folder)).toThrow(file);
  expect(readFileSync(file, 'utf8')).toBe(String(process.ppid));
});

// Its own id: in a container a process has that of the one before it.
it.each(['', '2147483647', 'no number', String(process.pid)])('takes over what a dead process left: %j', (left) => {
  writeFileSync(file, left);
  lockDataDir(folder);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
});
