import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSend, urlOf } from './send.ts';

const bucket = { endpoint: 'https://s3.example.com:9000', bucket: 'models' };

it('names the bucket in the path or in the host', () => {
  const query = { prefix: 'a/b' };
  expect(urlOf({ ...bucket, pathStyle: true }, { method: 'GET', key: 'a/b.c' })).toBe(
    'https://s3.example.com:9000/models/a/b.c',
  );
  expect(urlOf({ ...bucket, pathStyle: true }, { method: 'GET', query })).toBe(
    'https://s3.example.com:9000/models?prefix=a%2Fb',
  );
  expect(urlOf({ ...bucket, pathStyle: false }, { method: 'GET', key: 'a' })).toBe(
    'https://models.s3.example.com:9000/a',
  );
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-send-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

it('signs with what its files hold at that moment, and needs them', async () => {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const more = { bucket: 'models', prefix: 'p', region: 'eu-central-1', pathStyle: true, credentials: folder };
  const sender = createSend({ endpoint, ...more });
  try {
    await expect(sender.send({ method: 'GET', key: 'k' })).rejects.toMatchObject({
      code: 'BadConfig',
      message: expect.stringContaining(join(folder, 'access-key-id')),
    });
    write('access-key-id', 'first');
    write('secret-access-key', 'secret\n');
    await sender.send({ method: 'PUT', key: 'k', body: Buffer.from('1') });
    write('access-key-id', 'second');
    write('session-token', 'token');
    await sender.send({ method: 'GET', key: 'k' });
    const [first, second] = asked.map(({ headers }) => headers);
    expect(first!.authorization).toMatch(/Credential=first\/\d{8}\/eu-central-1\/s3\/aws4_request/);
    // Of the text `1`.
    expect(first!['x-amz-content-sha256']).toBe('6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b');
    expect(second).toMatchObject({ 'x-amz-security-token': 'token' });
    expect(second!.authorization).toContain('Credential=second/');
  } finally {
    sender.close();
    server.close();
  }
});
