/** The secrets of a laptop pipeline, made once in its data folder and never shown: signing key and write keys. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LocalKeys {
  /** PEM, Ed25519, private. */
  readonly signingKeyFile: string;
  /** PEM, Ed25519, public. */
  readonly trustedKeyFile: string;
  /** Those of the spec, beside the pipeline's own. */
  readonly otherTrustedKeyFiles?: readonly string[];
  /** JSON `[{name, sha256, scopes}]`. */
  readonly writeKeysFile: string;
  /** A key of scopes `write` and `import`, in plain text, for the command line of this machine's user. */
  readonly importKeyFile: string;
}

const ownerOnly = { mode: 0o600 } as const;

export function ensureKeys(dataDir: string): LocalKeys {
  const folder = join(dataDir, 'keys');
  const keys: LocalKeys = {
    signingKeyFile: join(folder, 'signing.pem'),
    trustedKeyFile: join(folder, 'signing.pub.pem'),
    writeKeysFile: join(folder, 'write-keys.json'),
    importKeyFile: join(folder, 'import-key'),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(keys.signingKeyFile)) makeSigningKey(keys);
  if (!existsSync(keys.writeKeysFile)) makeWriteKeys(keys);
  return keys;
}

/** Writes the spec's trusted keys, PEM, to files beside the pipeline's own. */
export function withTrustedKeys(dataDir: string, keys: LocalKeys, trustedKeys: readonly string[]): LocalKeys {
  const otherTrustedKeyFiles = trustedKeys.map((pem, index) => {
    const file = join(dataDir, 'keys', `trusted-${index}.pub.pem`);
    writeFileSync(file, pem, ownerOnly);
    return file;
  });
  return { ...keys, otherTrustedKeyFiles };
}

export function readImportKey(dataDir: string): string {
  return readFileSync(ensureKeys(dataDir).importKeyFile, 'utf8').trim();
}

function makeSigningKey(keys: LocalKeys): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(keys.trustedKeyFile, publicKey.export({ type: 'spki', format: 'pem' }), ownerOnly);
  writeFileSync(keys.signingKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), ownerOnly);
}

function makeWriteKeys(keys: LocalKeys): void {
  const key = randomBytes(24).toString('base64url');
  const sha256 = createHash('sha256').update(key).digest('hex');
  writeFileSync(keys.importKeyFile, key, ownerOnly);
  const entries = [{ name: 'local-import', sha256, scopes: ['write', 'import'] }];
  writeFileSync(keys.writeKeysFile, JSON.stringify(entries, null, 2), ownerOnly);
}
