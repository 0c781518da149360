/** Tells whoever decides on trials what this process has counted of them: each time that it is something new. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrialFigures } from '../shared/trial-figures.ts';

export interface TrialReportOptions {
  readonly read: () => readonly TrialFigures[];
  /** May reject: then it is tried again. */
  readonly send: (figures: readonly TrialFigures[]) => Promise<void>;
  /** Told once in a row. */
  readonly onFailure: (error: unknown) => void;
  /** Between two looks. */
  readonly everyMs?: number;
}

export interface TrialReport {
  close(): Promise<void>;
}

export function startTrialReport({ read, send, onFailure, everyMs = 2000 }: TrialReportOptions): TrialReport {
  const stopped = new AbortController();
  let told = '[]';
  let failed = false;
  const tell = async (): Promise<void> => {
    const figures = read();
    const text = JSON.stringify(figures);
    if (text === told) return;
    try {
      await send(figures);
      [told, failed] = [text, false];
    } catch (error) {
      if (!failed) onFailure(error);
      failed = true;
    }
  };
  const telling = (async (): Promise<void> => {
    for (; !stopped.signal.aborted; await pause(everyMs, stopped.signal)) await tell();
  })();
  return {
    close: () => {
      stopped.abort();
      return telling;
    },
  };
}

/** Over at once when it is to end. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
