/** Says who was refused: brokers and kafkajs name what, but neither the user nor what to do. */
import { LikenessError } from '../../errors.ts';

const missingRight = /\b[A-Z_]+_AUTHORIZATION_FAILED\b/;

/** The error as it is, unless the user may have to be given a right. `user` is undefined without authentication. */
export function nameUser(error: unknown, user: string | undefined): unknown {
  if (!(error instanceof LikenessError)) return error;
  const { code, retryable } = error;
  const who = user === undefined ? 'a client that does not say who it is' : `the user "${user}"`;
  if (missingRight.test(error.message)) {
    const message = `${error.message} Grant it to ${who}: docs/operations.md lists the rights that each service needs.`;
    return new LikenessError(code, message, { retryable, cause: error });
  }
  // A broker does not tell what a user may not see from what is not there.
  if (code !== 'NotFound' || user === undefined) return error;
  const message = `${error.message} If it is there, grant ${who} the right to see it (docs/operations.md).`;
  return new LikenessError(code, message, { retryable, cause: error });
}

/** Of what `work` rejects with. */
export async function namingUser<T>(user: () => string | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw nameUser(error, user());
  }
}
