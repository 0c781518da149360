/** Who may send: a write key in the header, or in the body of Segment's clients. Pure. */
import { isLoopback } from '../shared/config.ts';
import { type Grant, keyOfHeader, type WriteKeys } from '../shared/write-keys.ts';
import type { Refusal } from './refusal.ts';
import { isObject } from './shape.ts';

/** The headers that say who sends. */
export interface Sender {
  readonly authorization?: string | undefined;
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
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
 * that insists on some key then works as it is. A browser on this machine reaches loopback for any page it shows, so
 * that the pages of other sites are refused.
 */
export function createAccess(keys: WriteKeys | undefined, open: boolean): Access {
  return (sender, body) => {
    const key = keyOfHeader(sender.authorization) ?? keyOfBody(body);
    const known = key === undefined ? undefined : keys?.(key);
    if (known !== undefined) return known;
    if (!open) return unauthenticated;
    return isFromHere(sender) ? loopback : forbiddenOrigin;
  };
}

/** A browser names the page's origin; a name of another site that was pointed at loopback shows in `Host`. */
function isFromHere({ origin, host }: Sender): boolean {
  return (origin === undefined || isLocal(origin)) && (host === undefined || isLocal(`http://${host}`));
}

function isLocal(url: string): boolean {
  return URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
}

function keyOfBody(body: unknown): string | undefined {
  const key = isObject(body) ? body['writeKey'] : undefined;
  return typeof key === 'string' && key !== '' ? key : undefined;
}
