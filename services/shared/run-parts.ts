/** Port: what the workers of one training run leave for each other. Parts are written once, and appear whole. */

export interface RunParts {
  /** Keeps what is there already: a worker that begins again writes the same. */
  create(name: string, bytes: Uint8Array): Promise<void>;
  /** undefined: it is not there yet. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** All parts of this run but those that are named. */
  clear(kept: readonly string[]): Promise<void>;
  /** What other runs of this pipeline have left, which are over or were given up. */
  clearOthers(): Promise<void>;
}

/** Port: what a run leaves for itself, so that it goes on where it was interrupted. */
export interface ReplaceableParts extends RunParts {
  /** What is there already goes; a reader sees the one or the other, whole. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
}

/** Of a run: `runs` lies beside the models, `pipeline` is `{namespace}.{name}`. */
export interface RunPlace {
  readonly pipeline: string;
  readonly runId: string;
}
