/** A token issuer on this machine: its keys over HTTP, and tokens of any kind, good and bad. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

export interface TokenParts {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: KeyPair['privateKey'] | Uint8Array;
  readonly claims?: JWTPayload;
}

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

export async function startIssuer(algorithms: readonly string[] = ['ES256']) {
  const rules = { issuer: 'https://issuer.example', audience: 'likeness' };
  const keys: Record<string, KeyPair> = {};
  const published: { keys: object[] } = { keys: [] };
  for (const alg of algorithms) {
    keys[alg] = await generateKeyPair(alg, { extractable: true });
    published.keys.push({ ...(await exportJWK(keys[alg].publicKey)), kid: alg, use: 'sig' });
  }
  const server = createServer((_, response) => response.end(JSON.stringify(published)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const token = ({ alg = 'ES256', kid = alg, key = keys[alg]?.privateKey, claims = {} }: TokenParts = {}) => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const payload = { iss: rules.issuer, aud: rules.audience, exp, scope: 'openid likeness.read', ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key!);
  };
  return {
    rules,
    /** What the key set says; tests change it to rotate keys. */
    published,
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    token,
    bearer: async (parts?: TokenParts) => `Bearer ${await token(parts)}`,
    close: () => void server.close(),
  };
}
