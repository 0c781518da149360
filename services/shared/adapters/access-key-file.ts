/** The keys of a file, read again when it changes; a file that cannot be used leaves the last good keys in force. */
import { readFileSync, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { LikenessError } from '../errors.ts';
import { type AccessKeys, parseAccessKeys } from '../access-keys.ts';

export interface AccessKeyFile {
  readonly keys: AccessKeys;
  close(): void;
}

/** Throws LikenessError `BadConfig` if the file cannot be used now. */
export function openAccessKeyFile(
  path: string,
  logger: Logger,
  options: { readonly pollMs?: number } = {},
): AccessKeyFile {
  let seen = versionOf(path);
  let current = read(path);
  const reload = (): void => {
    const version = versionOf(path);
    if (version === seen) return;
    seen = version;
    try {
      current = read(path);
      logger.info({ path }, 'keys read again');
    } catch (error) {
      logger.error({ error, path }, 'keys cannot be read, the last ones stay in force');
    }
  };
  // Polling, because a mounted Secret changes by a link swap that fs.watch does not see; and from the version that was
  // read, because fs.watchFile would miss a change before its own first look.
  const timer = setInterval(reload, options.pollMs ?? 2000).unref();
  return { keys: (key) => current(key), close: () => clearInterval(timer) };
}

/** Tells one content of the file from the next; the same for all times that it cannot be seen. */
function versionOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    // Whoever reads it next says why.
    return 'none';
  }
}

function read(path: string): AccessKeys {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new LikenessError('BadConfig', `The file of keys ${path} cannot be read`, { cause });
  }
  return parseAccessKeys(text, path);
}
