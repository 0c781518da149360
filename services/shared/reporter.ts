/** Port: where a run says how far it is, for whoever watches. Saying it never waits, and never fails the run. */

export interface Progress {
  /** 0 to 100. */
  readonly percentage: number;
  /** What it is doing, such as `reading the log`. */
  readonly phase: string;
}

export interface Reporter {
  report(progress: Progress): void;
  /** The last word is out, or could not be said. */
  close(): Promise<void>;
}

/** Where nobody watches but the log. */
export const noReporter: Reporter = { report: () => undefined, close: async () => undefined };

export interface LatestOptions {
  /** May reject. */
  readonly send: (progress: Progress) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Between two of them. */
  readonly pauseMs?: number;
}

/** Sends one at a time, and of what came meanwhile the latest alone. A failure is told once in a row. */
export function reportLatest({ send, onFailure, sleep, pauseMs = 1000 }: LatestOptions): Reporter {
  let latest: Progress | undefined;
  let working: Promise<void> | undefined;
  let closing = false;
  let failed = false;
  const attempt = async (progress: Progress): Promise<void> => {
    try {
      await send(progress);
      failed = false;
    } catch (error) {
      if (!failed) onFailure(error);
      failed = true;
    }
  };
  const work = async (): Promise<void> => {
    for (let next = latest; next !== undefined; next = latest) {
      latest = undefined;
      await attempt(next);
      if (!closing) await sleep(pauseMs);
    }
    working = undefined;
  };
  return {
    report: (progress) => {
      latest = progress;
      working ??= work();
    },
    close: async () => {
      closing = true;
      await working;
    },
  };
}
