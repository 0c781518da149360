/** `likeness replay`: sends a file of events to an ingest, in order, each batch repeated until it is accepted. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LikenessError } from '../services/shared/errors.ts';
import { parseBaseUrl } from './base-url.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { linesOf } from './lines-of.ts';
import { type IngestAnswer, postBatch, refusalsIn } from './post-batch.ts';

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

const batchEvents = 250;
/** Well within the limit of 500 KB a request. */
const batchBytes = 256 * 1024;
const shownProblems = 10;

/** Rejects with `Usage` for a wrong address, `NotFound` if there is no file or no ingest, `BadData` for a damaged file, or as ingest says. */
export async function replayFile(options: ReplayOptions): Promise<ReplayProgress> {
  parseBaseUrl(options.to, '--to');
  const line = readCursor(options.cursorFile, options.file, options.onNote);
  let progress: ReplayProgress = { line, accepted: 0, refused: 0, problems: [] };
  const started = performance.now();
  for await (const batch of batches(options.file, progress.line)) {
    if (options.signal?.aborted) break;
    await pace(options, progress.accepted + progress.refused, started);
    const answer = await postBatch(options, batch.lines.join('\n'));
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
  let lines: string[] = [];
  let bytes = 0;
  let end = 0;
  for await (const line of linesOf(file)) {
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

function add(progress: ReplayProgress, batch: Lines, answer: IngestAnswer): ReplayProgress {
  const accepted = answer.accepted ?? 0;
  return {
    line: batch.end,
    accepted: progress.accepted + accepted,
    refused: progress.refused + batch.lines.length - accepted,
    problems: [...progress.problems, ...refusalsIn(answer, batch.lines)].slice(0, shownProblems),
  };
}
