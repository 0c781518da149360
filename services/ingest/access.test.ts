/** Who may send. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAccessKeys } from '../shared/access-keys.ts';
import { createAccess } from './access.ts';

const sha256 = createHash('sha256').update('secret').digest('hex');
const reader = createHash('sha256').update('reader').digest('hex');
const keys = parseAccessKeys(
  JSON.stringify([
    { name: 'history', sha256, scopes: ['import'] },
    { name: 'app', sha256: reader, scopes: ['read'] },
  ]),
  'test',
);
const bearer = (key: string) => `Bearer ${key}`;

describe('behind a closed door', () => {
  const access = createAccess(keys, false);
  it('lets a known key in', () =>
    expect(access({ authorization: bearer('secret') })).toEqual({ name: 'history', import: true }));
  it('lets a known key in from the body', () =>
    expect(access({}, { writeKey: 'secret' })).toEqual({ name: 'history', import: true }));
  it.each([undefined, bearer('other'), bearer('reader')])('refuses %s', (header) =>
    expect(access({ authorization: header })).toMatchObject({ status: 401 }),
  );
});

describe('behind an open door', () => {
  const access = createAccess(keys, true);
  it('still knows the key that may import', () =>
    expect(access({ authorization: bearer('secret') })).toMatchObject({ import: true }));
  it.each([undefined, bearer('other'), bearer('reader')])('lets %s write, not import', (header) =>
    expect(access({ authorization: header })).toEqual({ name: 'loopback', import: false }),
  );

  it.each([
    { origin: 'https://shop.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1.evil.example', host: '127.0.0.1:8080' },
    { host: 'rebound.example:8080' },
  ])('refuses a page of another site, %j', (sender) => {
    expect(access(sender)).toMatchObject({ status: 403, code: 'ForbiddenOrigin' });
    expect(access({ ...sender, authorization: bearer('other') })).toMatchObject({ status: 403 });
    expect(access({ ...sender, authorization: bearer('secret') })).toMatchObject({ name: 'history' });
  });
  it.each([
    { origin: 'http://localhost:3000', host: 'localhost:8080' },
    { host: '[::1]:8080' },
    { origin: 'http://127.0.0.1:8080', host: '127.0.0.1' },
  ])('lets this machine in, %j', (sender) => expect(access(sender)).toMatchObject({ name: 'loopback' }));
});
