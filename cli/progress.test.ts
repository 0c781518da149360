import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { firstPersonalised } from './progress.ts';

it('asks on after a connection that broke and an answer that was none', async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    if (asked === 1) request.destroy();
    else response.end(asked === 2 ? 'no JSON' : JSON.stringify({ personalised: asked > 3 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await firstPersonalised(url, new AbortController().signal)).toBeGreaterThan(0);
  expect(asked).toBe(4);
  server.close();
  server.closeAllConnections();
});

it('ends when it is told to', () =>
  expect(firstPersonalised('http://127.0.0.1:1', AbortSignal.timeout(200))).rejects.toMatchObject({
    name: 'AbortError',
  }));
