/** `npm start`: the example shop in one process, its events replayed as live traffic, progress on the terminal. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readImportKey } from '../operator/local/keys.ts';
import { exitCodes, LikenessError } from '../services/shared/errors.ts';
import { readCursor } from './cursor.ts';
import { type Progress, type ProgressWatch, watchProgress } from './progress.ts';
import { replayFile, type ReplayProgress } from './replay.ts';
import type { Terminal } from './terminal.ts';
import { type LaunchedPipeline, launchPipeline, untilEnded } from './up.ts';

export interface StartOptions {
  readonly data: string;
  readonly port: number;
  readonly rate: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

const example = (path: string) => fileURLToPath(new URL(`../examples/${path}`, import.meta.url));
/** A customer of the sample with a long history, and the moment after its last event. */
const shown = { customer: '12748', asOf: '2011-12-09T13:00:00Z' };

/** 128 + SIGINT, as shells say it: the replay was not at its end. */
const interrupted = 130;

/** Goes on until SIGINT or SIGTERM, with `once` until the replay's events are in profiles. Returns the exit code. */
export async function runStart(options: StartOptions, terminal: Terminal): Promise<number> {
  terminal.note('Likeness: the purchases of a real shop become live profiles and recommendations.');
  const pipeline = await launchPipeline({ ...options, json: false, spec: example('shop.yaml') });
  try {
    return await runShop(pipeline, options, terminal);
  } finally {
    await pipeline.stop();
  }
}

async function runShop(pipeline: LaunchedPipeline, options: StartOptions, terminal: Terminal): Promise<number> {
  const url = pipeline.backend.urls().serving;
  terminal.note(`API      ${url}      events go to ${url}/v1/events, people look at ${url}/`);
  const progress = watchProgress(pipeline, url, terminal);
  const cancelled = new AbortController();
  const ended = untilEnded(pipeline, terminal).finally(() => cancelled.abort());
  const file = example('data/online-retail-sample.jsonl.gz');
  const cursorFile = join(options.data, 'replay.json');
  const reached = readCursor(cursorFile, file);
  if (reached > 0) terminal.note(`The replay goes on at event ${reached.toLocaleString('en')}.`);
  const sent = await replayFile({
    file,
    to: url,
    key: readImportKey(options.data),
    rate: options.rate,
    cursorFile,
    signal: cancelled.signal,
    onProgress: progress.sent,
    onNote: (note) => terminal.note(note),
  });
  const settled = await settle(progress, options, cancelled.signal).finally(() => progress.stop());
  if (settled) summarise({ sent, settled, url }, options, terminal);
  else terminal.note(`Stopped at event ${sent.line.toLocaleString('en')}; npm start goes on there.`);
  const code = options.once && settled ? exitCodes.ok : await ended;
  return options.once && !settled && code === exitCodes.ok ? interrupted : code;
}

/** So many trainings that fail in a row: the next one will too. */
const hopelessTrainings = 3;

/**
 * Waits until every accepted event is in a profile and the model has recommended; undefined if stopped before that.
 * With `once` rejects when no model can be trained: nobody is there to mend it.
 */
export async function settle(
  progress: Pick<ProgressWatch, 'read'>,
  { once, data }: Pick<StartOptions, 'once' | 'data'>,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  while (!signal.aborted) {
    const current = await progress.read();
    if (current.lag === 0 && current.model !== undefined && current.firstRecommendationMs !== undefined) return current;
    if (once && current.failedTrainings >= hopelessTrainings) throw untrainable(current.failedTrainings, data);
    await sleep(100);
  }
  return undefined;
}

function untrainable(failures: number, data: string): LikenessError {
  const message = `Training has failed ${failures} times in a row: ${join(data, 'logs', 'trainer.log')} says why`;
  return new LikenessError('ModelInvalid', message, { retryable: true });
}

interface Outcome {
  readonly sent: ReplayProgress;
  readonly settled: Progress;
  readonly url: string;
}

function summarise({ sent, settled, url }: Outcome, options: StartOptions, terminal: Terminal): void {
  if (options.json) terminal.print(JSON.stringify({ ...sent, ...settled }));
  else
    terminal.print(
      `${sent.line.toLocaleString('en')} events sent, ${settled.profiles.toLocaleString('en')} profiles, lag ${settled.lag}, ` +
        `model ${settled.model ?? 'none yet'}, first personalised recommendation after ${seconds(settled.firstRecommendationMs)}`,
    );
  for (const problem of sent.problems) terminal.note(`refused  ${problem}`);
  if (options.once) return;
  terminal.note('See a customer and what to offer next (the shop lived in 2011, so the moment is named):');
  terminal.note(`  curl -s '${url}/v1/profiles/${shown.customer}?asOf=${shown.asOf}'`);
  terminal.note(`  curl -s '${url}/v1/recommendations/${shown.customer}?n=5'`);
  terminal.note('Stop with Ctrl-C; npm start goes on where it was.');
}

const seconds = (ms: number | undefined) => (ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`);
