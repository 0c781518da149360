/** Sends a batch of events to an ingest, and repeats it until it is accepted or refused for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, LikenessError } from '../services/shared/errors.ts';

interface Ingest {
  /** Base URL. */
  readonly to: string;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

export interface IngestAnswer {
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

/** How long an ingest that is away or overloaded is waited for. */
const patienceMs = 120_000;

/**
 * The answer of an ingest that has decided about JSON Lines; undefined if it was cancelled before that. Rejects with
 * `BrokerUnavailable` when patience is at its end, or with what no repetition helps against.
 */
export async function postBatch(options: Ingest, body: string): Promise<IngestAnswer | undefined> {
  const deadline = performance.now() + patienceMs;
  for (let wait = 100; ; wait = Math.min(5000, wait * 2)) {
    if (options.signal?.aborted) return undefined;
    const outcome = await tryPost(options, body);
    if (!('retry' in outcome)) return outcome;
    const pause = outcome.afterMs ?? wait;
    if (performance.now() + pause > deadline) {
      const message = `${options.to} does not accept events: ${outcome.retry}. Is the pipeline up?`;
      throw new LikenessError('BrokerUnavailable', message, { retryable: true });
    }
    await sleep(pause, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** What it refused by name, in words, each with the line that was sent. */
export function refusalsIn({ items = [] }: IngestAnswer, lines: readonly string[]): string[] {
  return items
    .filter(({ status }) => status >= 400)
    .map(({ index, code, status, message = '' }) => `${code ?? status}: ${message} in ${lines[index]?.slice(0, 200)}`);
}

type Attempt = IngestAnswer | { readonly retry: string; readonly afterMs?: number };

async function tryPost({ to, key }: Ingest, body: string): Promise<Attempt> {
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
