/** What ingest answers. Pure. */
import type { Refusal } from './refusal.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * All taken: 202 `{accepted, rejected: 0}`. Some: 202 with `items: [{index, status, code?, message?}]`, one for each
 * entry of the body. None: 400 with the first refusal's code and the same list.
 */
export function answerFates(fates: readonly (Refusal | undefined)[]): Answer {
  const first = fates.find((fate) => fate !== undefined);
  if (first === undefined) return answer(202, { accepted: fates.length, rejected: 0 });
  const rejected = fates.filter((fate) => fate !== undefined).length;
  const items = fates.map((fate, index) =>
    fate === undefined
      ? { index, status: 202 }
      : { index, status: fate.status, code: fate.code, message: fate.message },
  );
  const counts = { accepted: fates.length - rejected, rejected };
  if (counts.accepted > 0) return answer(202, { ...counts, items });
  return answer(400, { ...counts, code: first.code, message: first.message, items });
}

/** Nothing of the body was stored. */
export function answerRefusal({ status, code, message, retryAfterSeconds }: Refusal): Answer {
  const retry: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { status, headers: retry, body: { accepted: 0, code, message } };
}

function answer(status: number, body: Record<string, unknown>): Answer {
  return { status, headers: {}, body };
}
