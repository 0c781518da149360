/** Whether a text is the public key of an Ed25519 pair. Pure. */
import { createPublicKey } from 'node:crypto';

export function isEd25519PublicKey(pem: string): boolean {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    // What cannot be parsed is no key, and the caller says so.
    return false;
  }
}
