/** Equal values become one in memory: what is parsed from JSON is a new object, and a new text, each time. */
import { hash } from 'node:crypto';

export interface Pool {
  /** An equal value that was given before, or this one. Neither must be changed. */
  readonly shared: <T extends object>(value: T) => T;
  readonly text: (value: string) => string;
  /** As `shared`, of texts, each of which is shared too. */
  readonly texts: <T extends Readonly<Record<string, string>>>(value: T) => T;
}

/** Beyond this a pool is emptied: what it gave stays as it is. */
const most = 100_000;

export function createPool(): Pool {
  const objects = new Map<string, object>();
  const texts = new Map<string, string>();
  const text = (value: string): string => keep(texts, value, () => value);
  const shared = <T extends object>(value: T, made = () => value): T =>
    keep(objects, hash('sha1', JSON.stringify(value), 'base64'), made) as T;
  const textsOf = <T extends Readonly<Record<string, string>>>(value: T): T =>
    Object.fromEntries(Object.entries(value).map(([name, each]) => [name, text(each)])) as T;
  return { text, shared: (value) => shared(value), texts: (value) => shared(value, () => textsOf(value)) };
}

function keep<T>(pool: Map<string, T>, key: string, made: () => T): T {
  const held = pool.get(key);
  if (held !== undefined) return held;
  if (pool.size >= most) pool.clear();
  const value = made();
  pool.set(key, value);
  return value;
}
