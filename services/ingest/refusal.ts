/** Why ingest refuses a request or one item of it. The code is the answer's `code` and the metric's `reason`. */

export const refusalCodes = [
  'BadEncoding',
  'BadNumber',
  'BadItem',
  'BatchTooLarge',
  'BodyTooLarge',
  'BrokerUnavailable',
  'EventTooLarge',
  'ForbiddenKey',
  'ForbiddenOrigin',
  'NoProfileId',
  'NoTime',
  'NoType',
  'NotAnObject',
  'NotFound',
  'NotJson',
  'Overloaded',
  'TooDeep',
  'TooManyKeys',
  'Unauthenticated',
  'WriteAheadLogFailed',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export interface Refusal {
  /** 400: never send it again; 401: wrong key; 403: a page of another site; 404: no such route; 429 and 503: send the same again later. */
  readonly status: 400 | 401 | 403 | 404 | 429 | 503;
  readonly code: RefusalCode;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** A refusal that no repetition changes. */
export function refuse(code: RefusalCode, message: string): Refusal {
  return { status: 400, code, message };
}

export function isRefusal(value: object): value is Refusal {
  return 'status' in value && 'code' in value;
}
