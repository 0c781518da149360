/** Read keys: beside tokens or alone, from a file that changes; and the open door of loopback without either. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer } from '../../test/serving/issuer.ts';
import { startWorld, type World } from '../../test/serving/world.ts';

const profile = '/v1/profiles/u-1';
const entry = (key: string, scopes: string[]) => ({
  name: `name-${key}`,
  sha256: createHash('sha256').update(key).digest('hex'),
  scopes,
});
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

let folder: string;
let issuer: Issuer;
let byKey: World;
let byEither: World;
let open: World;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-read-keys-'));
  issuer = await startIssuer();
  const file = join(folder, 'read-keys.json');
  writeFileSync(file, JSON.stringify([entry('reader', ['read']), entry('writer', ['write', 'import'])]));
  const env = { LIKENESS_READ_KEYS: file };
  const authentication = { jwksUrl: issuer.jwksUrl, ...issuer.rules };
  [byKey, byEither, open] = await Promise.all([
    startWorld({ env: { ...env, LIKENESS_HOST: '0.0.0.0' } }),
    startWorld({ env, serving: { authentication } }),
    startWorld(),
  ]);
  for (const world of [byKey, byEither, open]) await world.putProfile('u-1', [{ itemId: 'mug' }]);
});
afterAll(async () => {
  await Promise.all([byKey, byEither, open].map((world) => world.stop()));
  issuer.close();
  rmSync(folder, { recursive: true });
});

async function answerOf(world: World, headers: Record<string, string>) {
  const response = await world.get(profile, headers);
  const body = (await response.json()) as { error?: { code: string } };
  return { status: response.status, code: body.error?.code, challenge: response.headers.get('www-authenticate') };
}

describe('with read keys', () => {
  it('a key that may read lets in', async () => {
    expect(await answerOf(byKey, bearer('reader'))).toMatchObject({ status: 200 });
    expect(await answerOf(byEither, bearer('reader'))).toMatchObject({ status: 200 });
  });

  it('a token lets in where the spec has rules for it, and nowhere else', async () => {
    const headers = { authorization: await issuer.bearer({}) };
    expect(await answerOf(byEither, headers)).toMatchObject({ status: 200 });
    expect(await answerOf(byKey, headers)).toMatchObject({ status: 401, challenge: 'Bearer' });
  });

  it('a key that may only write does not, and is told so', async () => {
    for (const world of [byKey, byEither])
      expect(await answerOf(world, bearer('writer'))).toMatchObject({
        status: 403,
        code: 'MissingScope',
        challenge: expect.stringContaining('scope="read"'),
      });
  });

  it.each([{}, bearer('guessed'), { authorization: 'Basic cmVhZGVyOg==' }])('%j does not', async (headers) => {
    for (const world of [byKey, byEither])
      expect(await answerOf(world, headers)).toMatchObject({ status: 401, code: 'Unauthenticated' });
  });
});

/** `fetch` sets Host itself. */
function statusFor(headers: Record<string, string>, world = open): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${world.base}${profile}`, { headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

describe('without any authentication', () => {
  it('this machine may read', async () => {
    const callers: Record<string, string>[] = [{}, { host: 'localhost:1' }, { origin: 'http://localhost:3000' }];
    for (const headers of callers) expect(await statusFor(headers)).toBe(200);
  });

  it.each<Record<string, string>>([{ host: 'rebound.example' }, { origin: 'https://shop.example' }])(
    'a page of %j may not',
    async (headers) => {
      expect(await statusFor(headers)).toBe(403);
      expect(await statusFor({ ...headers, ...bearer('reader') }, byKey)).toBe(200);
    },
  );
});
