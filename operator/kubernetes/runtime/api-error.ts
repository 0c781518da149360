/** What a request to the API server can fail with: the server's Status, or what kept it from answering. */

export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly code: number;
  /** The Status' reason, such as `Conflict`; `ConnectionLost` or `Timeout` when no answer came. */
  readonly reason: string;
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    about: { readonly code: number; readonly reason: string; readonly retryAfterMs?: number; readonly cause?: unknown },
  ) {
    super(message, { cause: about.cause });
    this.name = 'ApiError';
    this.code = about.code;
    this.reason = about.reason;
    this.retryAfterMs = about.retryAfterMs;
  }
}

export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

const has = (error: unknown, code: number, reason?: string): boolean =>
  error instanceof ApiError && error.code === code && (reason === undefined || error.reason === reason);

export const isNotFound = (error: unknown): boolean => has(error, 404);
export const isAlreadyExists = (error: unknown): boolean => has(error, 409, 'AlreadyExists');
/** Another write came first: read again and decide again. */
export const isConflict = (error: unknown): boolean => has(error, 409, 'Conflict');
/** The resource version is too old for a watch, or the continue token for a list: list again. */
export const isExpired = (error: unknown): boolean => has(error, 410);

/** `what` is method and path, so that a log line tells which request failed. */
export function statusError(what: string, httpStatus: number, status: Status): ApiError {
  const code = status.code ?? httpStatus;
  const seconds = status.details?.retryAfterSeconds;
  return new ApiError(`${what}: ${status.message ?? `the server answered ${code}`}`, {
    code,
    reason: status.reason ?? 'Unknown',
    ...(seconds !== undefined && { retryAfterMs: seconds * 1000 }),
  });
}
