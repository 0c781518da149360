/** Keys that requests carry: who may send events, and who may read. Only their hashes are kept. Pure. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LikenessError } from './errors.ts';

/**
 * `write`: send events. `import`: send history, of which nothing is late; it implies `write`. `read`: profiles and
 * recommendations.
 */
const scopes = ['write', 'import', 'read'] as const;

export interface AccessKey {
  readonly name: string;
  readonly scopes: readonly (typeof scopes)[number][];
}

/** What a key in plain text may; undefined: nobody knows it. It is looked up by its hash, which tells a timer nothing. */
export type AccessKeys = (key: string) => AccessKey | undefined;

/** The file: JSON `[{name, sha256, scopes: [write, import, read]}]`, sha256 in hexadecimal. */
const keysSchema = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(63),
      sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, 'the SHA-256 of the key in hexadecimal'),
      scopes: z.array(z.enum(scopes)).min(1),
    }),
  )
  .max(10_000);

/** Throws LikenessError `BadConfig`; `source` is named in it. */
export function parseAccessKeys(text: string, source: string): AccessKeys {
  const entries = keysSchema.safeParse(parseJson(text, source));
  if (!entries.success) throw badKeys(source, z.prettifyError(entries.error));
  const keys = new Map<string, AccessKey>();
  for (const { sha256, ...key } of entries.data) keys.set(sha256.toLowerCase(), key);
  return (key) => keys.get(createHash('sha256').update(key).digest('hex'));
}

/** `Basic base64(key:)` or `Bearer key`; undefined: the header holds no key. */
export function keyOfHeader(authorization: string | undefined): string | undefined {
  const match = /^(basic|bearer) +(\S+)$/i.exec(authorization ?? '');
  if (match === null) return undefined;
  if (match[1]!.toLowerCase() === 'bearer') return match[2];
  const [user] = Buffer.from(match[2]!, 'base64').toString('utf8').split(':', 1);
  return user || undefined;
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and this text must never reach a log.
    throw badKeys(source, 'it is not JSON');
  }
}

function badKeys(source: string, problem: string): LikenessError {
  const wanted = 'JSON [{"name": …, "sha256": …, "scopes": ["write"]}]';
  return new LikenessError('BadConfig', `The keys in ${source} cannot be used: ${problem}. Wanted: ${wanted}`);
}
