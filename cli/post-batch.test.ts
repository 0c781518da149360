/** How long an ingest that puts a batch off is waited for. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { postBatch } from './post-batch.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** An ingest that answers so, one after the other, the last one again and again; gives its address and its requests. */
async function ingest(...answers: readonly (readonly [status: number, retryAfter?: string])[]) {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const [status, retryAfter] = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(request.url!);
    response
      .writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
      .end(status === 200 ? '{"accepted":1}' : '{"code":"Overloaded","message":"later"}');
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { to: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

it('sends the same again after a while', async () => {
  const { to, asked } = await ingest([503], [429], [200]);
  expect(await postBatch({ to }, '{}')).toEqual({ accepted: 1 });
  expect(asked).toEqual(['/v1/events', '/v1/events', '/v1/events']);
});

it('gives up at once on one that wants more patience than there is', async () => {
  const { to, asked } = await ingest([503, '3600']);
  await expect(postBatch({ to }, '{}')).rejects.toMatchObject({
    code: 'BrokerUnavailable',
    message: expect.stringContaining('503 Overloaded, later') as string,
  });
  expect(asked).toHaveLength(1);
});
