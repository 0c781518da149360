/** The lines of a file, `.gz` unpacked; one that cannot be read to its end says so. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { LikenessError } from '../services/shared/errors.ts';

/** Rejects with `BadData`, naming the file: neither readline nor a pipe tells of what went wrong before it. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file);
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  const failure = Promise.withResolvers<never>();
  bytes.once('error', failure.reject);
  input.once('error', failure.reject);
  failure.promise.catch(() => input.destroy());
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
    if (bytes.errored ?? input.errored) await failure.promise;
  } catch (cause) {
    throw new LikenessError('BadData', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
