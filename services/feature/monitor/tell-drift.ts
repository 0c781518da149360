/** Tells the latest report until it has arrived: at once where there is a new verdict, else once in a while. */
import type { DriftReport } from '../../shared/learning/drift/verdict.ts';

export interface TellDriftOptions {
  /** May reject. */
  readonly send: (report: DriftReport) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  /** Resolves after so many milliseconds, or at once when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Before a report that did not arrive is sent again. */
  readonly retryMs?: number;
  /** Between two reports of the same verdicts. */
  readonly pauseMs?: number;
}

export interface TellDrift {
  tell(report: DriftReport): void;
  /** What was told last has arrived, or did not at a last try. */
  close(): Promise<void>;
}

export function tellDrift({ send, onFailure, sleep, retryMs = 2000, pauseMs = 60_000 }: TellDriftOptions): TellDrift {
  const closing = new AbortController();
  let latest: DriftReport | undefined;
  let arrived: string | undefined;
  let work: Promise<void> | undefined;
  let pausing = new AbortController();
  let failed = false;

  /** True if there is nothing more to be sent of it. */
  async function attempt(report: DriftReport): Promise<boolean> {
    try {
      await send(report);
      arrived = newestOf(report);
      failed = false;
      return true;
    } catch (error) {
      if (!failed) onFailure(error);
      failed = true;
      return false;
    }
  }

  async function run(): Promise<void> {
    for (let report = latest; report !== undefined; report = latest) {
      const isDone = await attempt(report);
      if (isDone && latest === report) latest = undefined;
      if (closing.signal.aborted) break;
      pausing = new AbortController();
      const isNews = latest !== undefined && newestOf(latest) !== arrived;
      if (!isDone) await sleep(retryMs, closing.signal);
      else if (!isNews) await sleep(pauseMs, AbortSignal.any([closing.signal, pausing.signal]));
    }
    work = undefined;
  }

  return {
    tell(report) {
      latest = report;
      if (newestOf(report) !== arrived) pausing.abort();
      work ??= run();
    },
    async close() {
      closing.abort();
      await work;
      if (latest !== undefined) await attempt(latest);
    },
  };
}

const newestOf = ({ verdicts }: DriftReport): string => verdicts.at(-1)?.id ?? '';
