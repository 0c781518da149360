/** Sends one event to an ingest, and waits for as long as the ingest asks, within bounds. */
import { describeError, LikenessError } from '../services/shared/errors.ts';

export interface PostEventIo {
  readonly fetch: typeof fetch;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<unknown>;
}

interface PostOutcome {
  readonly outcome: 'accepted' | 'refused';
  readonly detail: string;
}

interface IngestAddress {
  /** Base URL. */
  readonly to: string;
  readonly key?: string;
}

/** How long an ingest may put one event off. */
const patienceMs = 120_000;
/** The pause where the ingest names none. */
const pauseMs = 1000;

/**
 * Repeats after 429 and 503. Rejects with what would meet every other event too: `Unauthenticated`, or
 * `BrokerUnavailable` if the ingest cannot be reached, fails, or wants more patience than there is.
 */
export async function postEvent(event: object, address: IngestAddress, io: PostEventIo): Promise<PostOutcome> {
  for (let waited = 0; ;) {
    const response = await post(event, address, io);
    const wait = pauseAfter(response);
    if (wait === undefined || waited + wait > patienceMs) return judge(response, address.to);
    await response.body?.cancel();
    await io.sleep(wait);
    waited += wait;
  }
}

async function post(event: object, { to, key }: IngestAddress, io: PostEventIo): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/x-ndjson' };
  if (key) headers['authorization'] = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  try {
    return await io.fetch(new URL('/v1/events', to), { method: 'POST', headers, body: JSON.stringify(event) });
  } catch (cause) {
    const message = `Cannot reach ${to}: ${describeError(cause)}`;
    throw new LikenessError('BrokerUnavailable', message, { cause, retryable: true });
  }
}

/** Milliseconds; undefined if repeating would not help. Ingest says Retry-After in seconds. */
function pauseAfter({ status, headers }: Response): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const asked = Number(headers.get('retry-after')) * 1000;
  return asked > 0 ? asked : pauseMs;
}

async function judge(response: Response, to: string): Promise<PostOutcome> {
  const { status } = response;
  if (response.ok) return { outcome: 'accepted', detail: '' };
  const { code, message } = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
  if (status === 400) return { outcome: 'refused', detail: `${code}: ${message}` };
  throw new LikenessError(
    status === 401 || status === 403 ? 'Unauthenticated' : 'BrokerUnavailable',
    `${to} answered ${status} ${code ?? ''}: ${message ?? ''}`,
    { retryable: status === 429 || status >= 500 },
  );
}
