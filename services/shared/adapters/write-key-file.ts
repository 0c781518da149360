/** The write keys of a file, read again when it changes; a file that cannot be used leaves the last good keys in force. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
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
  let current = read(path);
  const reload = (): void => {
    try {
      current = read(path);
      logger.info({ path }, 'write keys read again');
    } catch (error) {
      logger.error({ error, path }, 'write keys cannot be read, the last ones stay in force');
    }
  };
  // Polling, because a mounted Secret changes by a link swap that fs.watch does not see.
  watchFile(path, { interval: options.pollMs ?? 2000, persistent: false }, reload);
  return { keys: (key) => current(key), close: () => unwatchFile(path, reload) };
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
