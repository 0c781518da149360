/** Who may send: a write key in the header, or in the body of Segment's clients. Pure. */
import { type AccessKey, type AccessKeys, keyOfHeader } from '../shared/access-keys.ts';
import { type Caller, isFromHere } from '../shared/from-here.ts';
import type { Refusal } from './refusal.ts';
import { isObject } from './shape.ts';

/** The headers that say who sends. */
export interface Sender extends Caller {
  readonly authorization?: string | undefined;
}

/** `import`: the events are history, so that none of them is late. */
export interface Grant {
  readonly name: string;
  readonly import: boolean;
}

/** The grant of a request, or why it has none. `body` is looked at only where the header holds no key. */
export type Access = (sender: Sender, body?: unknown) => Grant | Refusal;

const unauthenticated: Refusal = {
  status: 401,
  code: 'Unauthenticated',
  message: 'a write key is needed: Authorization: Basic base64(key:) or Bearer key',
};

const loopback: Grant = { name: 'loopback', import: false };

const forbiddenOrigin: Refusal = {
  status: 403,
  code: 'ForbiddenOrigin',
  message: 'without a write key only this machine may send, and no page of another site: send a known write key',
};

/**
 * `open`: whoever has no key that is known may write, but not import (config.ts allows that on loopback only). An SDK
 * that insists on some key then works as it is, and the pages of other sites are refused.
 */
export function createAccess(keys: AccessKeys | undefined, open: boolean): Access {
  return (sender, body) => {
    const key = keyOfHeader(sender.authorization) ?? keyOfBody(body);
    const known = key === undefined ? undefined : grantOf(keys?.(key));
    if (known !== undefined) return known;
    if (!open) return unauthenticated;
    return isFromHere(sender) ? loopback : forbiddenOrigin;
  };
}

/** A key that may only read is no key here. */
function grantOf(key: AccessKey | undefined): Grant | undefined {
  if (!key?.scopes.some((scope) => scope === 'write' || scope === 'import')) return undefined;
  return { name: key.name, import: key.scopes.includes('import') };
}

function keyOfBody(body: unknown): string | undefined {
  const key = isObject(body) ? body['writeKey'] : undefined;
  return typeof key === 'string' && key !== '' ? key : undefined;
}
