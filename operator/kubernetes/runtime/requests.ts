/** One request to the API server: deadline, a reload of refused credentials, patience when asked for it, counted. */
import type { IncomingMessage } from 'node:http';
import { ApiError, type Status, statusError } from './api-error.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { sleep, type Timing } from './timing.ts';
import { ConnectionFailure, type Transport } from './transport.ts';

export interface RequestsOptions {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly metrics: Pick<RuntimeMetrics, 'requests'>;
  /** Until the whole answer is there; of a watch, until it begins. */
  readonly timeoutMs?: number;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const defaultTimeoutMs = 30_000;
const longestWaitMs = 10_000;
const patientTries = 5;

export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** The whole answer as JSON; rejects with ApiError. */
  json(call: Call): Promise<Answer> {
    return this.#within(call, async (signal) => {
      const response = await this.#open(call, signal, false);
      const text = await readAll(response);
      return { status: response.statusCode ?? 0, body: text ? parse(call, text) : undefined };
    });
  }

  /** The answer's body as it comes, until `call.signal` is aborted; rejects with ApiError. */
  async stream(call: Call & { readonly signal: AbortSignal }): Promise<IncomingMessage> {
    const life = new AbortController();
    const end = () => life.abort();
    if (call.signal.aborted) end();
    call.signal.addEventListener('abort', end, { once: true });
    try {
      const response = await this.#within(call, (signal) => {
        signal.addEventListener('abort', end, { once: true });
        return this.#open(call, life.signal, true);
      });
      response.once('close', () => call.signal.removeEventListener('abort', end));
      return response;
    } catch (error) {
      call.signal.removeEventListener('abort', end);
      throw error;
    }
  }

  /** Gives `work` a signal that is aborted by the deadline or by the caller's own. */
  async #within<T>(call: Call, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timing, timeoutMs = defaultTimeoutMs } = this.#options;
    const controller = new AbortController();
    let late = false;
    const abort = () => controller.abort();
    const cancel = timing.after(timeoutMs, () => {
      late = true;
      abort();
    });
    if (call.signal?.aborted) abort();
    call.signal?.addEventListener('abort', abort, { once: true });
    try {
      return await work(controller.signal);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (!late) throw unanswered(call, error);
      throw new ApiError(`${what(call)}: no answer in ${timeoutMs} ms`, { code: 0, reason: 'Timeout', cause: error });
    } finally {
      cancel();
      call.signal?.removeEventListener('abort', abort);
    }
  }

  async #open(call: Call, signal: AbortSignal, watch: boolean): Promise<IncomingMessage> {
    const { transport, timing } = this.#options;
    let reloaded = false;
    for (let tries = 1; ; tries++) {
      const response = await this.#send(call, signal, watch);
      if (response.statusCode! < 300) return response;
      const error = await failure(call, response);
      if (error.code === 401 && !reloaded) {
        reloaded = true;
        transport.reload();
      } else if (error.retryAfterMs !== undefined && error.code !== 410 && tries < patientTries) {
        await sleep(timing, Math.min(error.retryAfterMs, longestWaitMs), signal);
        signal.throwIfAborted();
      } else throw error;
    }
  }

  async #send(call: Call, signal: AbortSignal, watch: boolean): Promise<IncomingMessage> {
    const { transport, metrics } = this.#options;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers: Record<string, string> = { accept: call.accept ?? 'application/json' };
    if (body !== undefined) {
      headers['content-type'] = call.contentType ?? 'application/json';
      headers['content-length'] = String(Buffer.byteLength(body));
    }
    const { method } = call;
    const send = () =>
      transport.send({ method, path: withQuery(call), headers, signal, watch, ...(body !== undefined && { body }) });
    try {
      const response = await send().catch((error: unknown) => {
        // What the server refused to take may be sent again; a create could have been taken.
        if (error instanceof ConnectionFailure && error.staleSocket && method !== 'POST') return send();
        throw error;
      });
      metrics.requests.inc({ code: String(response.statusCode), method });
      return response;
    } catch (error) {
      metrics.requests.inc({ code: '<error>', method });
      throw error;
    }
  }
}

const what = ({ method, path }: Call): string => `${method} ${path}`;

function withQuery({ path, query = {} }: Call): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') given.set(name, `${value}`);
  return given.size ? `${path}?${given.toString()}` : path;
}

function unanswered(call: Call, cause: unknown): ApiError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(`${what(call)}: ${message}`, { code: 0, reason: 'ConnectionLost', cause });
}

async function failure(call: Call, response: IncomingMessage): Promise<ApiError> {
  const text = await readAll(response);
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  let status: Status;
  try {
    status = JSON.parse(text) as Status;
  } catch {
    // A proxy in between answers in prose.
    status = { message: text.slice(0, 500).trim() };
  }
  const details = Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {};
  return statusError(what(call), response.statusCode!, { ...status, code: response.statusCode!, details });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parse(call: Call, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError(`${what(call)}: the answer is not JSON: ${text.slice(0, 200)}`, {
      code: 0,
      reason: 'BadAnswer',
      cause,
    });
  }
}
