import { createRemoteJWKSet, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer, type TokenParts } from '../../test/serving/issuer.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';

let issuer: Issuer;
let authenticate: Authenticate;

beforeAll(async () => {
  issuer = await startIssuer(['RS256', 'ES256', 'EdDSA', 'PS256']);
  authenticate = createAuthenticate(issuer.rules, createRemoteJWKSet(new URL(issuer.jwksUrl)));
});
afterAll(() => issuer.close());

const bearer = (parts?: TokenParts) => issuer.bearer(parts);
const refusal = (status: number, code: string) => expect.objectContaining({ status, code });

describe('who may read', () => {
  it.each(['RS256', 'ES256', 'EdDSA'])('lets in a token signed by %s', async (alg) => {
    await expect(authenticate(await bearer({ alg }))).resolves.toBeUndefined();
  });

  it('finds the scope as a text, as a list, and in scp', async () => {
    for (const claims of [{ scope: ['likeness.read'] }, { scope: undefined, scp: 'likeness.read' }])
      await expect(authenticate(await bearer({ claims }))).resolves.toBeUndefined();
  });

  it.each([undefined, '', 'Bearer', 'Bearer x', 'Basic dTpw', 'Bearer a.b.c', `Bearer ${'a'.repeat(9000)}.b.c`])(
    'refuses the header %j',
    async (header) => {
      await expect(authenticate(header)).rejects.toThrow(refusal(401, 'Unauthenticated'));
    },
  );

  const past = Math.floor(Date.now() / 1000) - 60;
  it.each<[string, TokenParts]>([
    ['another issuer', { claims: { iss: 'https://other.example' } }],
    ['another audience', { claims: { aud: 'others' } }],
    ['an expired token', { claims: { exp: past } }],
    ['a token that never expires', { claims: { exp: undefined } }],
    ['a token of tomorrow', { claims: { nbf: past + 86_400 } }],
    ['an algorithm that is not pinned', { alg: 'PS256' }],
    ['a symmetric key', { alg: 'HS256', kid: 'RS256', key: new Uint8Array(32) }],
  ])('refuses %s', async (_name, parts) => {
    await expect(authenticate(await bearer(parts))).rejects.toThrow(refusal(401, 'Unauthenticated'));
  });

  it('refuses the key of a stranger, a key it does not know, and no signature', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const stranger = await bearer({ key: privateKey });
    const unknown = await bearer({ kid: 'unknown' });
    const [, payload] = (await issuer.token()).split('.');
    const none = `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.x`;
    for (const header of [stranger, unknown, none])
      await expect(authenticate(header)).rejects.toThrow(refusal(401, 'Unauthenticated'));
  });

  it.each([{ scope: 'openid' }, { scope: '' }, { scope: undefined }, { scope: 'likeness.readings' }, { scope: 7 }])(
    'refuses the claims %j with 403',
    async (claims) => {
      await expect(authenticate(await bearer({ claims }))).rejects.toThrow(refusal(403, 'MissingScope'));
    },
  );

  it('learns a key that is rotated in, and forgets the one rotated out', async () => {
    const short = createRemoteJWKSet(new URL(issuer.jwksUrl), { cooldownDuration: 0, cacheMaxAge: 0 });
    const rotating = createAuthenticate(issuer.rules, short);
    await rotating(await bearer());
    const before = issuer.published.keys;
    const next = await generateKeyPair('ES256', { extractable: true });
    issuer.published.keys = [{ ...(await exportJWK(next.publicKey)), kid: 'next' }];
    await rotating(await bearer({ kid: 'next', key: next.privateKey }));
    await expect(rotating(await bearer())).rejects.toThrow(refusal(401, 'Unauthenticated'));
    issuer.published.keys = before;
  });

  it('says 503, not 401, when the keys cannot be had', async () => {
    const gone = createAuthenticate(issuer.rules, createRemoteJWKSet(new URL('http://127.0.0.1:1/jwks')));
    await expect(gone(await bearer())).rejects.toThrow(refusal(503, 'KeysUnavailable'));
  });
});
