/** Secrets that a spec does not name: made once, never changed, and kept with what they protect. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Plan } from '../plan.ts';
import { metadataOf } from './render/metadata.ts';
import type { Rendering } from './render/rendering.ts';
import type { Api } from './runtime/api.ts';
import type { Applied } from './runtime/apply.ts';
import { isAlreadyExists } from './runtime/api-error.ts';
import { kinds } from './runtime/kinds.ts';
import type { KubeObject } from './runtime/resource.ts';

/** Entries of a Secret, as text. */
type Entries = Readonly<Record<string, string>>;

const makers: { readonly [Purpose in keyof Plan['ownSecrets']]-?: () => Entries } = {
  writeKeys: () => accessKeys('write-keys.json', { 'write-key': ['write'], 'import-key': ['write', 'import'] }),
  readKeys: () => accessKeys('read-keys.json', { 'read-key': ['read'] }),
  signingKey,
};

/** The file that a service reads has hashes alone; the keys lie beside it, for people, and are mounted nowhere. */
function accessKeys(file: string, scopes: Readonly<Record<string, readonly string[]>>): Entries {
  const keys = Object.keys(scopes).map((name) => ({ name, key: randomBytes(24).toString('base64url') }));
  const entries = keys.map(({ name, key }) => ({
    name,
    sha256: createHash('sha256').update(key).digest('hex'),
    scopes: scopes[name],
  }));
  return { [file]: JSON.stringify(entries), ...Object.fromEntries(keys.map(({ name, key }) => [name, key])) };
}

function signingKey(): Entries {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    'signing.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    'signing.pub.pem': publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}

/** Creates what is not there, and says how it went. One that somebody else has made under the name is used as it is. */
export async function ensureOwnSecrets(
  rendering: Rendering,
  {
    api,
    cached,
  }: { readonly api: Pick<Api, 'create'>; readonly cached: (object: KubeObject) => KubeObject | undefined },
): Promise<Applied[]> {
  const made: Applied[] = [];
  for (const [purpose, name] of Object.entries(rendering.plan.ownSecrets)) {
    const owned = rendering.plan.deletionPolicy === 'Delete';
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadataOf(rendering, { name, component: 'keys', owned }),
    };
    if (cached(secret) !== undefined) continue;
    const stringData = makers[purpose as keyof Plan['ownSecrets']]();
    const creating = api.create(kinds.Secret, { ...secret, type: 'Opaque', stringData } as KubeObject);
    made.push(await outcomeOf(secret, creating));
  }
  return made;
}

/** Failing is told like that of any other object; the rest is applied, and waits for what it names. */
function outcomeOf(wanted: KubeObject, creating: Promise<KubeObject>): Promise<Applied> {
  return creating.then(
    (object): Applied => ({ wanted, action: 'Created', object }),
    (error: unknown): Applied =>
      isAlreadyExists(error) ? { wanted, action: 'Unchanged' } : { wanted, action: 'Failed', error },
  );
}
