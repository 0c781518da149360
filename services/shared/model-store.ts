/** Port: immutable model artifacts, addressed by the SHA-256 digest of their manifest. */

export interface ModelStore {
  /** Writes all files or nothing. Writing the same digest again is no error. */
  put(digest: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** Rejects with `NotFound`. Checks nothing: verification is artifact.ts's. */
  get(digest: string): Promise<Map<string, Uint8Array>>;
  list(): Promise<string[]>;
}
