import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer, type TokenParts } from '../../test/serving/issuer.ts';
import { startWorld, type World } from '../../test/serving/world.ts';

let issuer: Issuer;
let world: World;
beforeAll(async () => {
  issuer = await startIssuer();
  world = await startWorld({ serving: { authentication: { jwksUrl: issuer.jwksUrl, ...issuer.rules } } });
  await world.putProfile('u-1', [{ itemId: 'mug' }]);
  await world.activate({ model: { items: ['mug', 'lamp'], rules: [['mug', 'lamp', 0.5]] }, generation: 1 });
});
afterAll(async () => {
  await world.stop();
  issuer.close();
});

type Send = (headers: Record<string, string>) => Promise<Response>;
const routes: Record<string, Send> = {
  profile: (headers) => world.get('/v1/profiles/u-1', headers),
  batch: (headers) => world.post('/v1/profiles:batchGet', { ids: ['u-1'] }, headers),
  recommendations: (headers) => world.get('/v1/recommendations/u-1', headers),
  session: (headers) => world.post('/v1/recommendations', {}, headers),
  similar: (headers) => world.get('/v1/items/mug/similar', headers),
};
const tokens: Record<string, [status: number, code: string | undefined, token: TokenParts | undefined]> = {
  'a good token': [200, undefined, {}],
  'no token': [401, 'Unauthenticated', undefined],
  'an expired token': [401, 'Unauthenticated', { claims: { exp: 1 } }],
  'another audience': [401, 'Unauthenticated', { claims: { aud: 'others' } }],
  'another scope': [403, 'MissingScope', { claims: { scope: 'likeness.write' } }],
};
const matrix = Object.keys(routes).flatMap((route) => Object.keys(tokens).map((token) => [route, token] as const));

describe('with authentication', () => {
  it.each(matrix)('%s with %s', async (route, name) => {
    const [status, code, parts] = tokens[name]!;
    const response = await routes[route]!(parts ? { authorization: await issuer.bearer(parts) } : {});
    expect(response.status).toBe(status);
    const body = (await response.json()) as { error?: { code: string } };
    expect(body.error?.code).toBe(code);
    const challenge = response.headers.get('www-authenticate');
    if (status === 200) expect(challenge).toBeNull();
    else expect(challenge).toMatch(/^Bearer/);
  });

  it('says nothing of what exists to who may not read', async () => {
    const texts = await Promise.all(
      ['/v1/profiles/u-1', '/v1/profiles/ghost', '/v1/profiles/u-1?bad=1', `/v1/profiles/${'x'.repeat(300)}`].map(
        async (path) => (await world.get(path)).text(),
      ),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it('reads no body of who may not send one', async () => {
    const response = await world.post('/v1/recommendations', 'x'.repeat(200_000));
    expect(response.status).toBe(401);
  });

  it.each(['/', '/openapi.json', '/livez', '/readyz', '/metrics'])('%s stays open', async (path) => {
    expect((await world.get(path)).status).toBe(200);
  });
});
