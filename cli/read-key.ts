/** Reads the key that a command is to send, from the file that was named for it. */
import { readFileSync } from 'node:fs';
import { describeError, LikenessError } from '../services/shared/errors.ts';

/** Throws `Usage`, naming the file and never what it holds. */
export function readKey(file: string): string {
  const key = read(file).trim();
  if (key !== '') return key;
  throw new LikenessError('Usage', `--key ${file}: the file is empty. ${advice}`);
}

const advice = 'It holds the key alone; a pipeline on this machine keeps one in keys/import-key of its data folder.';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LikenessError('Usage', `--key ${file}: ${describeError(cause)}. ${advice}`, { cause });
  }
}
