/** What the body parser says of a body it cannot read → the refusal that is answered. */
import type { ErrorRequestHandler, Response } from 'express';
import { type Answer } from './answer.ts';
import { limits } from './limits.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface ErrorDeps {
  readonly refuse: (refusal: Refusal) => Answer;
  readonly onBug: (error: unknown) => void;
  readonly send: (response: Response, answer: Answer) => void;
}

/** Express knows an error handler by its four parameters. */
export function onError({ refuse: answerTo, onBug, send }: ErrorDeps): ErrorRequestHandler {
  return (error: unknown, _request, response: Response, _next) => {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return send(response, answerTo(refusal));
    onBug(error);
    send(response, {
      status: 500,
      headers: {},
      body: { code: 'Bug', message: 'The request failed; the log says why' },
    });
  };
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, status } = error as Error & { type?: unknown; status?: unknown };
  if (type === 'entity.too.large')
    return refuse('BodyTooLarge', `a body has at most ${limits.bodyBytes} bytes, decompressed`);
  if (type === 'encoding.unsupported') return refuse('BadEncoding', 'content-encoding must be gzip, deflate or br');
  // Damaged compression, a length that is not the body's, a sender that went away, a path that is no path.
  if (typeof status === 'number' && status >= 400 && status < 500)
    return refuse('BadEncoding', `the body cannot be read: ${error.message}`);
  return undefined;
}
