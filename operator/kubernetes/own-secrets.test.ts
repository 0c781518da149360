import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rendered, specOf } from '../../test/golden/examples.ts';
import { ensureOwnSecrets } from './own-secrets.ts';
import { renderingOf } from './render/rendering.ts';
import { ApiError } from './runtime/api-error.ts';
import type { KubeObject } from './runtime/resource.ts';

type Secret = KubeObject & { readonly type: string; readonly stringData: Readonly<Record<string, string>> };

interface Given {
  readonly spec?: string;
  /** Names of Secrets that are there. */
  readonly there?: readonly string[];
  readonly refusal?: ApiError;
}

async function ensured({ spec = '{}', there = [], refusal }: Given = {}) {
  const head = 'apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: shop}\n';
  const { plan, options } = rendered(specOf(`${head}spec: ${spec}\n`));
  const secrets: Record<string, Secret> = {};
  const create = async (_resource: unknown, object: Secret) => {
    if (refusal !== undefined) throw refusal;
    return (secrets[object.metadata.name] = object);
  };
  const cached = (object: KubeObject) => (there.includes(object.metadata.name) ? object : undefined);
  const outcomes = await ensureOwnSecrets(renderingOf(plan, options), { api: { create: create as never }, cached });
  return { secrets, outcomes };
}

const made = async (given?: Given): Promise<Record<string, Secret>> => (await ensured(given)).secrets;

const names = ['shop-read-keys', 'shop-signing-key', 'shop-write-keys'];

test('makes what the spec names no secret for, once', async () => {
  expect(Object.keys(await made()).toSorted()).toEqual(names);
  expect(Object.keys(await made({ there: names.slice(1) }))).toEqual(['shop-read-keys']);
  const spec = '{ingest: {writeKeysSecretRef: {name: w}}, serving: {readKeysSecretRef: {name: r}}}';
  expect(Object.keys(await made({ spec }))).toEqual(['shop-signing-key']);
});

test('uses one that somebody made meanwhile, and tells of every other refusal, each by itself', async () => {
  const refusal = (code: number, reason: string) => new ApiError('no', { code, reason });
  const actions = async (error?: ApiError) =>
    (await ensured({ ...(error && { refusal: error }) })).outcomes.map(({ action }) => action);
  expect(await actions()).toEqual(['Created', 'Created', 'Created']);
  expect(await actions(refusal(409, 'AlreadyExists'))).toEqual(['Unchanged', 'Unchanged', 'Unchanged']);
  expect(await actions(refusal(403, 'Forbidden'))).toEqual(['Failed', 'Failed', 'Failed']);
});

test('goes with the pipeline, or stays with what is retained', async () => {
  const owners = async (spec: string) =>
    Object.values(await made({ spec })).map(({ metadata }) => metadata.ownerReferences?.length ?? 0);
  expect(await owners('{}')).toEqual([1, 1, 1]);
  expect(await owners('{deletionPolicy: Retain}')).toEqual([0, 0, 0]);
});

describe('keys', () => {
  test.each([
    ['shop-write-keys', 'write-keys.json', { 'write-key': ['write'], 'import-key': ['write', 'import'] }],
    ['shop-read-keys', 'read-keys.json', { 'read-key': ['read'] }],
  ] as const)('%s: the file has hashes alone, of the keys beside it', async (name, file, scopes) => {
    const { [file]: text, ...keys } = (await made())[name]!.stringData;
    const wanted = Object.entries(scopes).map(([key, scope]) => ({
      name: key,
      sha256: createHash('sha256').update(keys[key]!).digest('hex'),
      scopes: scope,
    }));
    expect(JSON.parse(text!)).toEqual(wanted);
    for (const key of Object.values(keys)) expect(text).not.toContain(key);
  });

  test('are other ones each time', async () => {
    const [one, two] = [await made(), await made()];
    for (const name of names) expect(one[name]!.stringData).not.toEqual(two[name]!.stringData);
  });

  test('what signs and what checks are a pair', async () => {
    const { 'signing.pem': signing, 'signing.pub.pem': checking } = (await made())['shop-signing-key']!.stringData;
    const pem = createPublicKey(createPrivateKey(signing!)).export({ type: 'spki', format: 'pem' });
    expect(pem).toBe(checking);
  });
});
