/** A request that is answered with an error: the status, a code for machines and a sentence for people. */
import { LikenessError } from '../shared/errors.ts';

export type RefusalCode =
  | 'BadRequest'
  | 'Unauthenticated'
  | 'MissingScope'
  | 'ForbiddenOrigin'
  | 'NotFound'
  | 'NoSuchRoute'
  | 'BodyTooLarge'
  | 'UnsupportedMediaType'
  | 'AsOfBeforeState'
  | 'NoModel'
  | 'StoreUnavailable'
  | 'DefinitionChanged'
  | 'KeysUnavailable'
  | 'Internal';

export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;
  /** `AsOfBeforeState` only: the earliest `asOf` that this profile can answer. */
  readonly earliest: string | undefined;

  constructor(
    status: number,
    code: RefusalCode,
    message: string,
    more: { headers?: Readonly<Record<string, string>>; earliest?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.earliest = more.earliest;
  }
}

/** For what heals by itself: a 503 that says when to come back. */
export function unavailable(
  code: 'NoModel' | 'StoreUnavailable' | 'KeysUnavailable' | 'DefinitionChanged',
  message: string,
  cause?: unknown,
): Refusal {
  return new Refusal(503, code, message, { headers: { 'retry-after': '1' }, cause });
}

/** What a thrown value means to the one who asked. Whatever is not known here is a bug: a 500 that says nothing more. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof LikenessError && error.code === 'StoreUnavailable')
    return unavailable('StoreUnavailable', 'The profile store cannot be reached.', error);
  if (error instanceof LikenessError && error.code === 'DefinitionChanged')
    return unavailable('DefinitionChanged', error.message, error);
  if (error instanceof Error && 'status' in error) return fromExpress(error, error.status);
  return new Refusal(500, 'Internal', 'This is a bug of Likeness; the log says more.', { cause: error });
}

/** Express and its body parser say by a status what is wrong with a request. */
function fromExpress(error: Error, status: unknown): Refusal {
  if (status === 413) return new Refusal(413, 'BodyTooLarge', 'The body has more than 100 kB.', { cause: error });
  if (status === 415) return new Refusal(415, 'UnsupportedMediaType', `Send JSON in UTF-8: ${error.message}.`);
  if (status === 400) return new Refusal(400, 'BadRequest', `The request cannot be read: ${error.message}.`);
  return new Refusal(500, 'Internal', 'This is a bug of Likeness; the log says more.', { cause: error });
}

/** The body of every error. */
export function refusalBody(refusal: Refusal): string {
  const { code, message, earliest } = refusal;
  return JSON.stringify({ error: { code, message, ...(earliest === undefined ? {} : { earliest }) } });
}
