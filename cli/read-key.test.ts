import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readKey } from './read-key.ts';

it('is what the file holds; a file that is not there, or empty, is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-key-'));
  const file = join(folder, 'key');
  expect(() => readKey(file)).toThrow(`--key ${file}: ENOENT`);
  writeFileSync(file, ' \n');
  expect(() => readKey(file)).toThrow(`--key ${file}: the file is empty`);
  writeFileSync(file, 'secret\n');
  expect(readKey(file)).toBe('secret');
  rmSync(folder, { recursive: true });
});
