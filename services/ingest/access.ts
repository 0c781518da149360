/** Who may send: a write key in the header, or in the body of Segment's clients. Pure. */
import { type Grant, keyOfHeader, type WriteKeys } from '../shared/write-keys.ts';
import type { Refusal } from './refusal.ts';
import { isObject } from './shape.ts';

/** The grant of a request, or why it has none. `body` is looked at only where the header holds no key. */
export type Access = (authorization: string | undefined, body?: unknown) => Grant | Refusal;

const unauthenticated: Refusal = {
  status: 401,
  code: 'Unauthenticated',
  message: 'a write key is needed: Authorization: Basic base64(key:) or Bearer key',
};

const loopback: Grant = { name: 'loopback', import: false };

/**
 * `open`: whoever has no key that is known may write, but not import (config.ts allows that on loopback only). An SDK
 * that insists on some key then works as it is.
 */
export function createAccess(keys: WriteKeys | undefined, open: boolean): Access {
  return (authorization, body) => {
    const key = keyOfHeader(authorization) ?? keyOfBody(body);
    return (key === undefined ? undefined : keys?.(key)) ?? (open ? loopback : unauthenticated);
  };
}

function keyOfBody(body: unknown): string | undefined {
  const key = isObject(body) ? body['writeKey'] : undefined;
  return typeof key === 'string' && key !== '' ? key : undefined;
}
