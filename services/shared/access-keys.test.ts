/** Keys, in memory and in a file that changes. */
import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTelemetry } from './adapters/telemetry.ts';
import { type AccessKeyFile, openAccessKeyFile } from './adapters/access-key-file.ts';
import { keyOfHeader, parseAccessKeys } from './access-keys.ts';

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const file = (...keys: { key: string; scopes: string[] }[]) =>
  JSON.stringify(keys.map(({ key, scopes }) => ({ name: `name-${key}`, sha256: sha256(key), scopes })));

describe('parseAccessKeys', () => {
  it('grants by the key in plain text alone', () => {
    const keys = parseAccessKeys(file({ key: 'w', scopes: ['write'] }, { key: 'i', scopes: ['write', 'import'] }), 'f');
    expect(keys('w')).toEqual({ name: 'name-w', scopes: ['write'] });
    expect(keys('i')).toEqual({ name: 'name-i', scopes: ['write', 'import'] });
    for (const wrong of ['', 'W', sha256('w')]) expect(keys(wrong)).toBeUndefined();
  });

  it('refuses a file that is not one, without quoting it', () => {
    const secret = 'key-in-plain-text';
    for (const text of [
      secret,
      '{}',
      `[{"name":"n","sha256":"${secret}","scopes":["write"]}]`,
      file({ key: 'k', scopes: [] }),
    ]) {
      const problem = (() => {
        try {
          parseAccessKeys(text, '/keys.json');
        } catch (error) {
          return error as Error & { code: string };
        }
        return undefined;
      })();
      expect(problem).toMatchObject({ code: 'BadConfig', message: expect.stringContaining('/keys.json') });
      expect(problem!.message + String(problem!.cause)).not.toContain(secret);
    }
  });
});

describe('keyOfHeader', () => {
  it.each([
    [`Basic ${Buffer.from('key:').toString('base64')}`, 'key'],
    [`basic ${Buffer.from('key').toString('base64')}`, 'key'],
    [`Basic ${Buffer.from('key:password').toString('base64')}`, 'key'],
    ['Bearer key', 'key'],
    ['Basic Og==', undefined],
    ['Digest key', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s holds %s', (header, key) => expect(keyOfHeader(header)).toBe(key));
});

describe('openAccessKeyFile', () => {
  let folder: string;
  let opened: AccessKeyFile | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-keys-'));
  });
  afterEach(() => {
    opened?.close();
    rmSync(folder, { recursive: true });
  });
  const replace = (text: string) => {
    writeFileSync(join(folder, 'new'), text);
    renameSync(join(folder, 'new'), join(folder, 'keys.json'));
  };

  it('follows the file, and stays with the last good one', async () => {
    replace(file({ key: 'one', scopes: ['write'] }));
    opened = openAccessKeyFile(join(folder, 'keys.json'), createTelemetry('t', 'silent').logger, { pollMs: 10 });
    expect(opened.keys('one')).toBeDefined();
    replace(file({ key: 'two', scopes: ['write'] }));
    await vi.waitFor(() => expect(opened!.keys('two')).toBeDefined(), 5000);
    expect(opened.keys('one')).toBeUndefined();
    const { logger } = createTelemetry('t', 'silent');
    const failed = vi.spyOn(logger, 'error');
    opened.close();
    opened = openAccessKeyFile(join(folder, 'keys.json'), logger, { pollMs: 10 });
    replace('not JSON');
    await vi.waitFor(() => expect(failed).toHaveBeenCalled(), 5000);
    expect(opened.keys('two')).toBeDefined();
  });

  it('says BadConfig when there is no file', () => {
    const { logger } = createTelemetry('t', 'silent');
    expect(() => openAccessKeyFile(join(folder, 'none'), logger)).toThrow(
      expect.objectContaining({ code: 'BadConfig' }),
    );
  });
});
