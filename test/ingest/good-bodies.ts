/** The largest good bodies there are, plain and compressed: what an ingest has to hold in any case. */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { BadBody } from './bad-bodies.ts';

/** Nearly all of it is what Segment's clients send and no event keeps, so that the log stays small. */
export function largestGoodBody(number: number): BadBody {
  const batch = Array.from({ length: 14 }, (_, index) => ({
    messageId: `large-${number}-${index}`,
    type: 'identify',
    userId: `user-${index}`,
    timestamp: '2024-05-01T12:00:00.000Z',
    integrations: { list: Array.from({ length: 6500 }, (__, at) => (at % 2 === 0 ? {} : [number])) },
  }));
  const text = JSON.stringify({ batch });
  const [encoding, bytes] = compressions[number % compressions.length]!(text);
  const headers = { 'content-type': 'application/json', ...(encoding && { 'content-encoding': encoding }) };
  return { method: 'POST', path: '/v1/batch', text, bytes, headers, chunked: number % 10 === 9 };
}

const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const compressions: readonly ((text: string) => readonly [string | undefined, Buffer])[] = [
  (text) => [undefined, Buffer.from(text)],
  (text) => ['gzip', gzipSync(text, { level: 1 })],
  (text) => ['br', brotliCompressSync(text, quick)],
];
