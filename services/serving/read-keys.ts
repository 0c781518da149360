/** Who may read without a token: whoever sends a key with the scope `read`. */
import type { AccessKeys } from '../shared/access-keys.ts';
import { missingScope, unauthenticated, type Authenticate } from './authenticate.ts';

/** A key that nobody knows is left to `otherwise`: it may be a token. */
export function authenticateKeys(keys: AccessKeys, otherwise: Authenticate | undefined): Authenticate {
  return async (authorization) => {
    const sent = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const key = sent === undefined ? undefined : keys(sent);
    if (key?.scopes.includes('read')) return;
    if (key !== undefined) throw missingScope(`The key ${key.name} lacks the scope read.`, 'read');
    if (otherwise === undefined) throw unauthenticated('Send Authorization: Bearer <read key>.', 'Bearer');
    await otherwise(authorization);
  };
}
