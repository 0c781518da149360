/** Who may send. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseWriteKeys } from '../shared/write-keys.ts';
import { createAccess } from './access.ts';

const sha256 = createHash('sha256').update('secret').digest('hex');
const keys = parseWriteKeys(JSON.stringify([{ name: 'history', sha256, scopes: ['import'] }]), 'test');
const bearer = (key: string) => `Bearer ${key}`;

describe('behind a closed door', () => {
  const access = createAccess(keys, false);
  it('lets a known key in', () => expect(access(bearer('secret'))).toEqual({ name: 'history', import: true }));
  it('lets a known key in from the body', () =>
    expect(access(undefined, { writeKey: 'secret' })).toEqual({ name: 'history', import: true }));
  it.each([undefined, bearer('other')])('refuses %s', (header) =>
    expect(access(header)).toMatchObject({ status: 401 }),
  );
});

describe('behind an open door', () => {
  const access = createAccess(keys, true);
  it('still knows the key that may import', () => expect(access(bearer('secret'))).toMatchObject({ import: true }));
  it.each([undefined, bearer('other')])('lets %s write, not import', (header) =>
    expect(access(header)).toEqual({ name: 'loopback', import: false }),
  );
});
