/** `likeness replay`: sends a file of events to an ingest, in order, each batch repeated until it is accepted. */
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { describeError, LikenessError } from '../services/shared/errors.ts';
import { parseBaseUrl } from './base-url.ts';
import { readCursor, writeCursor } from './cursor.ts';

export interface ReplayOptions {
  /** JSON Lines of canonical events; `.gz` is unpacked. */
  readonly file: string;
  /** Base URL of an ingest. */
  readonly to: string;
  readonly key?: string;
  /** Events a second; absent or 0: as fast as they are accepted. */
  readonly rate?: number;
  /** Remembers the line reached, so that a later replay goes on there. */
  readonly cursorFile?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Advice for a person. */
  readonly onNote?: (note: string) => void;
}

export interface ReplayProgress {
  /** Lines of the file that are settled, those of earlier replays included. */
  readonly line: number;
  /** Events of this replay. */
  readonly accepted: number;
  readonly refused: number;
  /** The first refusals, in words. */
  readonly problems: readonly string[];
}

interface IngestAnswer {
  readonly accepted?: number;
  readonly items?: readonly {
    readonly index: number;
    readonly status: number;
    readonly code?: string;
    readonly message?: string;
  }[];
  readonly code?: string;
  readonly message?: string;
}

const batchEvents = 250;
/** Well within the limit of 500 KB a request. */
const batchBytes = 256 * 1024;
const shownProblems = 10;
/** How long an ingest that is away or overloaded is waited for. */
const patienceMs = 120_000;

/** Rejects with `Usage` for a wrong address, with `NotFound` if there is no file or no ingest, or as ingest says. */
export async function replayFile(options: ReplayOptions): Promise<ReplayProgress> {
  parseBaseUrl(options.to, '--to');
  const line = readCursor(options.cursorFile, options.file, options.onNote);
  let progress: ReplayProgress = { line, accepted: 0, refused: 0, problems: [] };
  const started = performance.now();
  for await (const batch of batches(options.file, progress.line)) {
    if (options.signal?.aborted) break;
    await pace(options, progress.accepted + progress.refused, started);
    const answer = await post(options, batch.lines.join('\n'));
    if (answer === undefined) break;
    progress = add(progress, batch, answer);
    writeCursor(options.cursorFile, { file: options.file, line: progress.line });
    options.onProgress?.(progress);
  }
  return progress;
}

interface Lines {
  readonly lines: string[];
  /** Lines of the file up to and including this batch. */
  readonly end: number;
}

async function* batches(file: string, skip: number): AsyncGenerator<Lines> {
  if (!existsSync(file)) throw new LikenessError('NotFound', `There is no file ${file}`);
  const input = file.endsWith('.gz') ? createReadStream(file).pipe(createGunzip()) : createReadStream(file);
  let lines: string[] = [];
  let bytes = 0;
  let end = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    end++;
    if (end <= skip || line.trim() === '') continue;
    lines.push(line);
    bytes += Buffer.byteLength(line) + 1;
    if (lines.length < batchEvents && bytes < batchBytes) continue;
    yield { lines, end };
    lines = [];
    bytes = 0;
  }
  if (lines.length > 0) yield { lines, end };
}

async function pace({ rate, signal }: ReplayOptions, sent: number, started: number): Promise<void> {
  if (!rate) return;
  const due = started + (sent / rate) * 1000 - performance.now();
  if (due > 0) await sleep(due, undefined, { signal }).catch(() => undefined);
}

/** The answer of an ingest that has decided; undefined if the replay was cancelled before that. */
async function post(options: ReplayOptions, body: string): Promise<IngestAnswer | undefined> {
  const deadline = performance.now() + patienceMs;
  for (let wait = 100; ; wait = Math.min(5000, wait * 2)) {
    if (options.signal?.aborted) return undefined;
    const outcome = await tryPost(options, body);
    if (!('retry' in outcome)) return outcome;
    if (performance.now() > deadline) {
      const message = `${options.to} does not accept events: ${outcome.retry}. Is the pipeline up?`;
      throw new LikenessError('BrokerUnavailable', message, { retryable: true });
    }
    await sleep(outcome.afterMs ?? wait, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

type Attempt = IngestAnswer | { readonly retry: string; readonly afterMs?: number };

async function tryPost({ to, key }: ReplayOptions, body: string): Promise<Attempt> {
  const headers: Record<string, string> = { 'content-type': 'application/x-ndjson' };
  if (key) headers['authorization'] = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  try {
    const response = await fetch(new URL('/v1/events', to), { method: 'POST', headers, body });
    return judge(response, parseAnswer(await response.text()), to);
  } catch (error) {
    if (error instanceof LikenessError) throw error;
    return { retry: describeError(error) };
  }
}

/** Undefined: no ingest wrote that. */
function parseAnswer(text: string): IngestAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** Only an ingest that took the batch, or named the events it refused, settles it. Throws where no repetition helps. */
function judge(response: Response, answer: IngestAnswer | undefined, to: string): Attempt {
  const { status } = response;
  if (status === 429 || status >= 500) {
    const after = Number(response.headers.get('retry-after'));
    return { retry: `${status} ${wordsOf(response, answer)}`, ...(after > 0 && { afterMs: after * 1000 }) };
  }
  if (answer !== undefined && settles(response, answer)) return answer;
  throw refusalOf(response, answer, to);
}

function settles({ ok, status }: Response, answer: IngestAnswer): boolean {
  return ok ? typeof answer.accepted === 'number' : status === 400 && answer.items !== undefined;
}

function refusalOf(response: Response, answer: IngestAnswer | undefined, to: string): LikenessError {
  const { status } = response;
  const said = wordsOf(response, answer);
  if (answer !== undefined && (status === 401 || status === 403))
    return new LikenessError('Unauthenticated', `${to} refused the write key: ${said}`);
  const what = `${to} answered POST /v1/events with ${status}: ${said}. No event of this batch is settled`;
  return status === 400 && answer?.code !== undefined
    ? new LikenessError('BadData', `${what}: mend the file, and replay it again`)
    : new LikenessError('NotFound', `${what}: is --to the address of an ingest?`);
}

function wordsOf(response: Response, answer: IngestAnswer | undefined): string {
  const words = [answer?.code, answer?.message].filter(Boolean).join(', ');
  return words || response.statusText || 'nothing more';
}

function add(progress: ReplayProgress, batch: Lines, answer: IngestAnswer): ReplayProgress {
  const accepted = answer.accepted ?? 0;
  const refusals = (answer.items ?? []).filter((item) => item.status >= 400);
  const problems = refusals.map(
    (item) => `${item.code ?? item.status}: ${item.message ?? ''} in ${batch.lines[item.index]?.slice(0, 200)}`,
  );
  return {
    line: batch.end,
    accepted: progress.accepted + accepted,
    refused: progress.refused + batch.lines.length - accepted,
    problems: [...progress.problems, ...problems].slice(0, shownProblems),
  };
}
