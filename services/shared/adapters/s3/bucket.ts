/** A bucket of S3: whole objects by key, tried again where that can help, with errors that say what to do. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { LikenessError } from '../../errors.ts';
import type { S3Connection } from '../../model-store-connection.ts';
import { readError, readKeyPage, type KeyPage } from './answers.ts';
import { createSend, type S3Answer, type S3Request, type Send } from './send.ts';

export interface Bucket {
  /** undefined: there is no such object. */
  get(key: string): Promise<Buffer | undefined>;
  /** `exists`: there is one of this key already, and it stays as it is. */
  create(key: string, body: Uint8Array): Promise<'created' | 'exists'>;
  /** Whatever was there before. */
  replace(key: string, body: Uint8Array): Promise<void>;
  /** All keys that begin so, page by page, in the order of S3. */
  list(prefix: string): Promise<string[]>;
  /** The same keys, with their sizes in bytes. */
  sizes(prefix: string): Promise<Map<string, number>>;
  remove(key: string): Promise<void>;
  close(): void;
}

export interface BucketOptions {
  readonly send?: Send;
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** 0 ≤ x < 1 */
  readonly random?: () => number;
}

/** With pauses of at most 0.2, 0.4 … 5 s: about 8 s on average, 16 s at most. */
const attempts = 8;
const firstPauseMs = 200;
const longestPauseMs = 5000;

export function openBucket(connection: S3Connection, options: BucketOptions = {}): Bucket {
  const own = options.send ? undefined : createSend(connection);
  const { send = own!.send, sleep = sleepFor, random = Math.random } = options;

  async function ask(request: S3Request, expected: readonly number[]): Promise<S3Answer> {
    for (let attempt = 1; ; attempt++) {
      const result = await tryOnce(request, expected);
      if (!(result instanceof LikenessError)) return result;
      if (!mayPass(result) || attempt === attempts) throw result;
      await sleep(random() * Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)));
    }
  }

  async function tryOnce(request: S3Request, expected: readonly number[]): Promise<S3Answer | LikenessError> {
    try {
      const answer = await send(request);
      if (expected.includes(answer.status) && !isOtherThanKey(answer)) return answer;
      return refusal(connection, request, answer);
    } catch (cause) {
      if (cause instanceof LikenessError) throw cause;
      return unreachable(connection, request, cause);
    }
  }

  async function page(prefix: string, after: string | undefined): Promise<KeyPage> {
    const query = { 'list-type': '2', prefix, ...(after !== undefined && { 'continuation-token': after }) };
    const request: S3Request = { method: 'GET', query };
    const { body } = await ask(request, [200]);
    try {
      return readKeyPage(body);
    } catch (cause) {
      throw unreachable(connection, request, cause);
    }
  }

  async function sizes(prefix: string): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    let after: string | undefined;
    do {
      const { keys, sizes: bytes, next }: KeyPage = await page(prefix, after);
      keys.forEach((key, at) => found.set(key, bytes[at]!));
      after = next;
    } while (after !== undefined);
    return found;
  }

  return {
    get: async (key) => {
      const { status, body } = await ask({ method: 'GET', key }, [200, 404]);
      return status === 404 ? undefined : body;
    },
    create: async (key, body) => {
      const headers = { 'if-none-match': '*' };
      const { status } = await ask({ method: 'PUT', key, body, headers }, [200, 412]);
      return status === 412 ? 'exists' : 'created';
    },
    replace: async (key, body) => void (await ask({ method: 'PUT', key, body }, [200])),
    list: async (prefix) => [...(await sizes(prefix)).keys()],
    sizes,
    remove: async (key) => void (await ask({ method: 'DELETE', key }, [200, 204, 404])),
    close: () => own?.close(),
  };
}

/** A 404 that does not speak of the key: of the bucket, or of the user. */
const isOtherThanKey = ({ status, body }: S3Answer): boolean =>
  status === 404 && !['', 'NoSuchKey'].includes(readError(body).code);

/** Credentials that are just being exchanged are refused for a moment. */
const mayPass = ({ retryable, message }: LikenessError): boolean =>
  retryable || /InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|UserNotFound/.test(message);

const nameOf = ({ bucket }: S3Connection, { key, query }: S3Request): string =>
  `${bucket}/${key ?? query?.['prefix'] ?? ''}`;

function unreachable(connection: S3Connection, request: S3Request, cause: unknown): LikenessError {
  const reason = (cause as NodeJS.ErrnoException).message || (cause as NodeJS.ErrnoException).code;
  const message =
    `${request.method} ${nameOf(connection, request)} had no answer of S3 at ${connection.endpoint}: ${reason}. ` +
    'Check spec.modelStore.s3.endpoint and its tls, and that the network lets this process there.';
  return new LikenessError('StoreUnavailable', message, { retryable: true, cause });
}

function refusal(connection: S3Connection, request: S3Request, { status, body }: S3Answer): LikenessError {
  const { code, message: words } = readError(body);
  const what = `S3 at ${connection.endpoint} answered ${request.method} ${nameOf(connection, request)} with ${status}`;
  const reason = [code, words].filter((text) => text !== '').join(': ');
  const said = `${what}${reason && ` (${reason})`}.`;
  const advice = passing.has(code) ? undefined : adviceOn(status, code, connection);
  return advice === undefined
    ? new LikenessError('StoreUnavailable', said, { retryable: true })
    : new LikenessError('BadConfig', `${said} ${advice}`);
}

/** Of a status that otherwise says that the request is wrong. */
const passing: ReadonlySet<string> = new Set(['RequestTimeout']);

/** undefined: it may be over in a moment. */
function adviceOn(status: number, code: string, { bucket, region }: S3Connection): string | undefined {
  if (code === 'NoSuchBucket') return `Make the bucket ${bucket}, or correct spec.modelStore.s3.bucket.`;
  if (code === 'AuthorizationHeaderMalformed' || status === 301 || status === 307)
    return `The bucket is elsewhere than in ${region}: correct spec.modelStore.s3.region and endpoint.`;
  if (status === 401 || status === 403 || /User|AccessKey/.test(code))
    return (
      'Check the keys in the Secret of spec.modelStore.s3.secretRef, the clock, and that their user may s3:ListBucket ' +
      `on ${bucket} and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it.`
    );
  if (status === 501)
    return 'This server lacks conditional writes (If-None-Match), which keep models from being changed.';
  return [400, 404, 405].includes(status)
    ? 'Check that spec.modelStore.s3.endpoint and bucket are those of S3.'
    : undefined;
}
