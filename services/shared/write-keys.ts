/** Write keys: who may send events. Only their hashes are kept. Pure. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LikenessError } from './errors.ts';

/** `import`: the events are history, so that none of them is late; it implies `write`. */
export interface Grant {
  readonly name: string;
  readonly import: boolean;
}

/** The grant of a key in plain text; undefined: nobody knows it. */
export type WriteKeys = (key: string) => Grant | undefined;

/** The file: JSON `[{name, sha256, scopes: [write, import]}]`, sha256 in hexadecimal. */
const writeKeysSchema = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(63),
      sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, 'the SHA-256 of the key in hexadecimal'),
      scopes: z.array(z.enum(['write', 'import'])).min(1),
    }),
  )
  .max(10_000);

/** Throws LikenessError `BadConfig`; `source` is named in it. */
export function parseWriteKeys(text: string, source: string): WriteKeys {
  const entries = writeKeysSchema.safeParse(parseJson(text, source));
  if (!entries.success) throw badKeys(source, z.prettifyError(entries.error));
  const grants = new Map<string, Grant>();
  for (const { name, sha256, scopes } of entries.data)
    grants.set(sha256.toLowerCase(), { name, import: scopes.includes('import') });
  return (key) => grants.get(createHash('sha256').update(key).digest('hex'));
}

/** `Basic base64(writeKey:)` or `Bearer writeKey`; undefined: the header holds no key. */
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
  return new LikenessError('BadConfig', `The write keys in ${source} cannot be used: ${problem}. Wanted: ${wanted}`);
}
