/** The write keys of a file, read again when it changes; a file that cannot be used leaves the last good keys in force. */
import { readFileSync, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { LikenessError } from '../errors.ts';
import { parseWriteKeys, type WriteKeys } from '../write-keys.ts';

export interface WriteKeyFile {
  readonly keys: WriteKeys;
  close(): void;
}

/** Throws LikenessError `BadConfig` if the file cannot be used now. */
export function openWriteKeyFile(
  path: string,
  logger: Logger,
  options: { readonly pollMs?: number } = {},
): WriteKeyFile {
  let seen = versionOf(path);
  let current = read(path);
  const reload = (): void => {
    const version = versionOf(path);
    if (version === seen) return;
    seen = version;
    try {
      current = read(path);
      logger.info({ path }, 'write keys read again');
    } catch (error) {
      logger.error({ error, path }, 'write keys cannot be read, the last ones stay in force');
    }
  };
  // Polling, because a mounted Secret changes by a link swap that fs.watch does not see; and from the version that was
  // read, because fs.watchFile would miss a change before its own first look.
  const timer = setInterval(reload, options.pollMs ?? 2000).unref();
  return { keys: (key) => current(key), close: () => clearInterval(timer) };
}

/** Tells one content of the file from the next; the same for all times that it cannot be seen. */
function versionOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
}

function read(path: string): WriteKeys {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new LikenessError('BadConfig', `The file of write keys ${path} cannot be read`, { cause });
  }
  return parseWriteKeys(text, path);
}
