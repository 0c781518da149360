/** The one error class: a code for machines, a sentence for people, and whether trying again can help. */

export type ErrorCode =
  | 'AsOfBeforeState'
  | 'BadConfig'
  | 'BadData'
  | 'BadSpec'
  | 'BrokerUnavailable'
  | 'ClusterUnavailable'
  | 'DefinitionChanged'
  | 'Interrupted'
  | 'LeaseLost'
  | 'LogAheadOfTopic'
  | 'LogGap'
  | 'LogRecreated'
  | 'ModelInvalid'
  | 'NoGpu'
  | 'NotFound'
  | 'StoreEvicts'
  | 'StoreUnavailable'
  | 'TensorsUnavailable'
  | 'Unauthenticated'
  | 'Usage'
  | 'WatermarkMissing'
  | 'WorkerMissing'
  | 'WriteAheadLogFailed';

export class LikenessError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'LikenessError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Exit codes of every process, so that a supervisor (or a Job's podFailurePolicy) can tell causes apart. */
export const exitCodes = { ok: 0, bug: 1, usage: 2, badConfig: 64, badData: 65, infrastructure: 69 } as const;

/** What another configuration, or another installation, mends. */
const configurationCodes: ReadonlySet<ErrorCode> = new Set(['BadConfig', 'BadSpec', 'NoGpu', 'TensorsUnavailable']);

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof LikenessError)) return exitCodes.bug;
  if (error.code === 'Usage') return exitCodes.usage;
  if (error.retryable) return exitCodes.infrastructure;
  if (configurationCodes.has(error.code)) return exitCodes.badConfig;
  if (error.code === 'BadData') return exitCodes.badData;
  return exitCodes.bug;
}

/** An unknown error in one sentence: its message and, where fetch or a socket hides it, the cause's. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? 'nothing';
  const hidden = error.cause instanceof Error ? error.cause.message : '';
  // Some messages quote their cause already.
  return error.message.includes(hidden) ? error.message : `${error.message}: ${hidden}`;
}
