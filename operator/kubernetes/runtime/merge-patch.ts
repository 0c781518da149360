/** What must be sent to turn one JSON value into another (RFC 7396); nothing when they say the same. */
import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/**
 * Undefined when `wanted` equals `current`, so that a status without a difference is not written. A field that `wanted`
 * lacks is removed (null); lists are replaced as a whole. Fields that are undefined or null count as absent.
 */
export function mergePatchBetween(current: Json = {}, wanted: Json = {}): Json | undefined {
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(current), ...Object.keys(wanted)])) {
    const difference = between(current[name], wanted[name]);
    if (difference !== same) patch[name] = difference;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

const same = Symbol('same');

function between(current: unknown, wanted: unknown): unknown {
  if (wanted === undefined || wanted === null) return current === undefined ? same : null;
  const plain: unknown = JSON.parse(JSON.stringify(wanted));
  if (isObject(current) && isObject(plain)) return mergePatchBetween(current, plain) ?? same;
  return isDeepStrictEqual(current, plain) ? same : plain;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
