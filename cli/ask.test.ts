import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { runProfile } from './ask.ts';

const terminal = { print: () => undefined, note: () => undefined, status: () => undefined };

it.each(['localhost:8080', 'x'])('says at once that %s is no address', (url) =>
  expect(runProfile('u', { url }, terminal)).rejects.toMatchObject({ code: 'Usage' }),
);

it('says that a page is no API', async () => {
  const server = createServer((_request, response) => void response.end('<html></html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(runProfile('u', { url }, terminal)).rejects.toMatchObject({
    code: 'NotFound',
    message: expect.stringContaining('not JSON') as string,
  });
  server.close();
  server.closeAllConnections();
});
