/**
 * Pipelines of which nothing has changed since a whole pass found everything as rendered. Rendering and comparing some
 * forty objects is most of what a pass takes; who rests is only asked for its lag and its models until something changes.
 */
import type { PipelineObject } from './read-pipeline.ts';
import type { Timing } from './runtime/timing.ts';

export interface RestedOptions {
  readonly timing: Pick<Timing, 'monotonic'>;
  /** A whole pass at least so often, whatever the caches say. */
  readonly wholeMs?: number;
}

interface Rest {
  readonly version: string;
  readonly since: number;
}

export class Rested {
  readonly #timing: RestedOptions['timing'];
  readonly #wholeMs: number;
  readonly #rests = new Map<string, Rest>();
  /** Whole passes under way that no change has crossed. */
  readonly #uncrossed = new Set<string>();

  constructor({ timing, wholeMs = 600_000 }: RestedOptions) {
    this.#timing = timing;
    this.#wholeMs = wholeMs;
  }

  rests(key: string, pipeline: PipelineObject): boolean {
    const rest = this.#rests.get(key);
    return rest?.version === versionOf(pipeline) && this.#timing.monotonic() - rest.since < this.#wholeMs;
  }

  /** A whole pass begins: call `end` when it has found everything as it should be. */
  begin(key: string): void {
    this.#rests.delete(key);
    this.#uncrossed.add(key);
  }

  /** It rests from now on, unless something changed meanwhile. */
  end(key: string, pipeline: PipelineObject): void {
    if (this.#uncrossed.delete(key))
      this.#rests.set(key, { version: versionOf(pipeline), since: this.#timing.monotonic() });
  }

  /** Something of it has changed, or it has gone. */
  readonly disturb = (key: string): void => {
    this.#rests.delete(key);
    this.#uncrossed.delete(key);
  };
}

/** All of a pipeline that rendering depends on. */
const versionOf = ({ metadata: { uid, generation }, status }: PipelineObject): string =>
  `${uid} ${generation} ${status?.epoch ?? 1}`;
