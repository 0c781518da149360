/** The public keys that may have signed a model, from their files. */
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LikenessError } from '../errors.ts';
import { parsePublicKey } from '../learning/signing.ts';

/** Throws `BadConfig`, naming the file that cannot be used. */
export function readTrustedKeys(paths: readonly string[]): KeyObject[] {
  return paths.map((path) => {
    let pem: string;
    try {
      pem = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new LikenessError('BadConfig', `The file of a trusted key ${path} cannot be read`, { cause });
    }
    return parsePublicKey(pem, path);
  });
}
