/** The Ed25519 keys that sign model artifacts, as PEM. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { LikenessError } from '../errors.ts';

export interface SigningKeyPair {
  /** PKCS #8. Keep it secret: whoever has it can put a model into service. */
  readonly privatePem: string;
  /** SPKI. */
  readonly publicPem: string;
}

export function generateSigningKey(): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Throws `BadConfig`. `source` says where the text came from. */
export function parsePrivateKey(pem: string, source: string): KeyObject {
  return parseKey(pem, source, createPrivateKey);
}

/** Accepts a public key, or a private one, of which it takes the public half. Throws `BadConfig`. */
export function parsePublicKey(pem: string, source: string): KeyObject {
  return parseKey(pem, source, createPublicKey);
}

export function publicKeyOf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey);
}

function parseKey(pem: string, source: string, parse: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse(pem);
  } catch (cause) {
    throw new LikenessError(
      'BadConfig',
      `${source}: is not a key in PEM; make one with openssl genpkey -algorithm ed25519`,
      {
        cause,
      },
    );
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new LikenessError('BadConfig', `${source}: is a key of type ${key.asymmetricKeyType}; it must be ed25519`);
  return key;
}
