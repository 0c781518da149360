/** Equal values become one in memory: what is parsed from JSON is a new object, and a new text, each time. */
import { hash } from 'node:crypto';

export interface Pool {
  /** An equal value that was given before, or this one. Neither must be changed. */
  readonly shared: <T extends object>(value: T) => T;
  readonly text: (value: string) => string;
}

/** Beyond this a pool is emptied: what it gave stays as it is. */
const most = 100_000;

export function createPool(): Pool {
  const objects = new Map<string, object>();
  const texts = new Map<string, string>();
  return {
    shared: <T extends object>(value: T): T => keep(objects, hash('sha1', JSON.stringify(value), 'base64'), value) as T,
    text: (value) => keep(texts, value, value),
  };
}

function keep<T>(pool: Map<string, T>, key: string, value: T): T {
  const held = pool.get(key);
  if (held !== undefined) return held;
  if (pool.size >= most) pool.clear();
  pool.set(key, value);
  return value;
}
