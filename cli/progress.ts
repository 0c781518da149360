/** What a person sees while events flow: rate, profiles, lag, model, and when the first recommendation came. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../services/shared/errors.ts';
import type { ReplayProgress } from './replay.ts';
import type { Terminal } from './terminal.ts';
import type { LaunchedPipeline } from './up.ts';

export interface Progress {
  /** Profiles in the store. */
  readonly profiles: number;
  /** Records on the way: in events-raw before the cleaner, in events-clean before the feature service. */
  readonly lag: number;
  /** Of changed features, how much of the history they contain; absent: none is backfilled. */
  readonly backfillPercentage?: number | undefined;
  /** Version of the active model. */
  readonly model: string | undefined;
  /** From the start of this process to the first answer that the model, not popularity, gave. */
  readonly firstRecommendationMs: number | undefined;
  /** Trainings that have failed in a row since the pipeline was started. */
  readonly failedTrainings: number;
}

export interface ProgressWatch {
  /** Tells what the replay has sent. */
  readonly sent: (progress: ReplayProgress) => void;
  read(): Promise<Progress>;
  stop(): void;
}

const everyMs = 1000;
const probeMs = 100;

export function watchProgress(pipeline: LaunchedPipeline, url: string, terminal: Terminal): ProgressWatch {
  const stopped = new AbortController();
  let replay: ReplayProgress | undefined;
  let first: number | undefined;
  const read = async (): Promise<Progress> => {
    const [{ lag, model, training, backfill }, profiles] = await Promise.all([
      pipeline.backend.observe(),
      pipeline.backend.countProfiles(),
    ]);
    const onTheWay = lag.cleaner + lag.feature;
    const { failures: failedTrainings } = training;
    return {
      profiles,
      lag: onTheWay,
      ...(backfill && { backfillPercentage: backfill.progressPercentage }),
      model: model?.version,
      firstRecommendationMs: first,
      failedTrainings,
    };
  };
  const fail = (error: unknown) => {
    if (!stopped.signal.aborted) terminal.note(`progress: ${describeError(error)}`);
  };
  firstPersonalised(url, stopped.signal).then((ms) => (first = ms), fail);
  showEverySecond({ read, accepted: () => replay?.accepted ?? 0, terminal, signal: stopped.signal }).catch(fail);
  return { sent: (progress) => (replay = progress), read, stop: () => stopped.abort() };
}

interface Show {
  readonly read: () => Promise<Progress>;
  readonly accepted: () => number;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function showEverySecond({ read, accepted, terminal, signal }: Show): Promise<void> {
  let before = { events: 0, at: performance.now() };
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal });
    const { profiles, lag, model, backfillPercentage } = await read();
    const now = { events: accepted(), at: performance.now() };
    const rate = Math.round(((now.events - before.events) / (now.at - before.at)) * 1000);
    before = now;
    const count = (value: number) => value.toLocaleString('en');
    terminal.status(
      `${(performance.now() / 1000).toFixed(0)} s  ${count(now.events)} events  ${count(rate)}/s  ` +
        `${count(profiles)} profiles  lag ${count(lag)}  model ${model ?? 'not yet'}` +
        (backfillPercentage === undefined ? '' : `  changed features ${backfillPercentage} %`),
    );
  }
}

/**
 * Asks for a session that the catalogue knows until the answer is personalised; a request that fails is one of the
 * many. Resolves with the milliseconds since the process began; rejects only when `signal` says stop.
 */
export async function firstPersonalised(url: string, signal: AbortSignal): Promise<number> {
  while (!(await isPersonalised(url, signal).catch(() => false))) await sleep(probeMs, undefined, { signal });
  return performance.now();
}

async function isPersonalised(url: string, signal: AbortSignal): Promise<boolean> {
  const body = JSON.stringify({ events: [{ itemId: '22086', type: 'purchase' }], n: 5 });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/recommendations`, { method: 'POST', headers, body, signal });
  const answer = (await response.json()) as { personalised?: boolean };
  return response.ok && answer.personalised === true;
}
