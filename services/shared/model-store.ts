/** Port: immutable model artifacts, addressed by the SHA-256 digest of their manifest. */
import { LikenessError } from './errors.ts';

export interface ModelStore {
  /** Writes all files or nothing. Writing the same digest again is no error. */
  put(digest: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** Rejects with `NotFound`. Checks nothing: verification is artifact.ts's. */
  get(digest: string): Promise<Map<string, Uint8Array>>;
  list(): Promise<string[]>;
}

export const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** What could lead elsewhere is refused: throws `BadData`. */
export function checkDigest(digest: string): void {
  if (!isDigest(digest)) throw new LikenessError('BadData', `"${digest}" is not a SHA-256 in hex`);
}

const namePattern = /^[a-z0-9][a-z0-9.-]{0,99}$/;

/** Throws `BadData`. */
export function checkFileNames(names: Iterable<string>): void {
  for (const name of names)
    if (!namePattern.test(name))
      throw new LikenessError('BadData', `"${name}" cannot be a file of a model: only a-z, 0-9, "." and "-"`);
}
