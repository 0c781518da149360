/** The body of a watch: one JSON event a line. */
import { ApiError } from './api-error.ts';

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** A Status when `type` is ERROR. */
  readonly object: T;
}

const newline = 0x0a;

/** Ends when the server ends the watch; rejects with ApiError when the connection is lost, in mid-line too. */
export async function* readWatch<T>(body: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<WatchEvent<T>> {
  let rest: Uint8Array[] = [];
  try {
    for await (const chunk of body) {
      const { lines, left } = split(chunk, rest);
      for (const line of lines) yield JSON.parse(line) as WatchEvent<T>;
      rest = left;
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError(`${what}: ${message}`, { code: 0, reason: 'ConnectionLost', cause });
  }
  if (rest.length > 0)
    throw new ApiError(`${what}: the stream ended inside an event`, { code: 0, reason: 'ConnectionLost' });
}

/** The lines that end in this chunk, the first of which began with `before`, and what is left of the last one. */
function split(chunk: Uint8Array, before: readonly Uint8Array[]): { lines: string[]; left: Uint8Array[] } {
  const lines: string[] = [];
  let left = [...before];
  let from = 0;
  for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
    const line = Buffer.concat([...left, chunk.subarray(from, end)]).toString();
    if (line.trim()) lines.push(line);
    left = [];
    from = end + 1;
  }
  if (from < chunk.length) left.push(chunk.subarray(from));
  return { lines, left };
}
