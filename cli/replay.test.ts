import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replayFile } from './replay.ts';

let folder: string;
let server: Server;
let answer: (body: string) => { status: number; body: object | string };
const bodies: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-replay-'));
  bodies.length = 0;
  server = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk) => (body += chunk))
      .on('end', () => {
        bodies.push(body);
        const { status, body: said } = answer(body);
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(typeof said === 'string' ? said : JSON.stringify(said));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  writeFileSync(join(folder, 'events'), Array.from({ length: 600 }, (_, line) => `{"id":"${line}"}`).join('\n'));
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const options = () => ({
  file: join(folder, 'events'),
  to: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  cursorFile: join(folder, 'cursor'),
});
const accept = (body: string) => ({ status: 200, body: { accepted: body.split('\n').length } });

it('moves the cursor behind what was accepted, never before', async () => {
  answer = (body) => {
    // Nothing of this batch is settled yet.
    const line = existsSync(options().cursorFile) ? JSON.parse(readFileSync(options().cursorFile, 'utf8')).line : 0;
    expect(line).toBe(Number(JSON.parse(body.split('\n')[0]!).id));
    return accept(body);
  };
  expect(await replayFile(options())).toMatchObject({ line: 600, accepted: 600, refused: 0 });
});

it('sends every line once when it goes on from its cursor', async () => {
  answer = accept;
  writeFileSync(options().cursorFile, '{"line":250}');
  await replayFile(options());
  const ids = bodies.flatMap((body) => body.split('\n').map((line) => Number(JSON.parse(line).id)));
  expect(ids).toEqual(Array.from({ length: 350 }, (_, place) => place + 250));
});

it('stops, with the cursor where it was, if the address is no ingest', async () => {
  answer = () => ({ status: 404, body: { code: 'NotFound', message: 'There is no POST /v1/events' } });
  await expect(replayFile(options())).rejects.toThrow('404');
  expect(existsSync(options().cursorFile)).toBe(false);
  expect(bodies).toHaveLength(1);
});

it.each([
  [200, '<html>a proxy</html>'],
  [204, ''],
  [301, '<html></html>'],
  [400, { code: 'NotJson', message: 'not JSON' }],
  [413, { code: 'BodyTooLarge' }],
  [415, '<html></html>'],
])('does not take %s %j for the word of an ingest', async (status, body) => {
  answer = () => ({ status, body });
  await expect(replayFile(options())).rejects.toThrow(`with ${status}`);
  expect(existsSync(options().cursorFile)).toBe(false);
});

it('counts what ingest refuses by name, and goes on', async () => {
  answer = (body) => {
    const items = body.split('\n').map((_, index) => ({ index, status: 400, code: 'NoType', message: 'no type' }));
    return { status: 400, body: { accepted: 0, items } };
  };
  expect(await replayFile(options())).toMatchObject({ line: 600, accepted: 0, refused: 600 });
});

it.each(['localhost:8080', 'nothing', 'ftp://x'])('says at once that %s is no address', (to) =>
  expect(replayFile({ ...options(), to })).rejects.toMatchObject({ code: 'Usage' }),
);

it("ignores another file's cursor, and says so", async () => {
  answer = accept;
  writeFileSync(options().cursorFile, JSON.stringify({ file: '/somewhere/else', line: 250 }));
  const notes: string[] = [];
  expect(await replayFile({ ...options(), onNote: (note) => void notes.push(note) })).toMatchObject({ accepted: 600 });
  expect(notes).toEqual([expect.stringContaining('/somewhere/else')]);
  expect(await replayFile(options())).toMatchObject({ accepted: 0, line: 600 });
});

it('names a file that is damaged, with the cursor behind what was sent before', async () => {
  answer = accept;
  const whole = gzipSync(readFileSync(options().file));
  const file = `${options().file}.gz`;
  writeFileSync(file, whole);
  expect(await replayFile({ ...options(), file })).toMatchObject({ accepted: 600 });
  rmSync(options().cursorFile);
  writeFileSync(file, whole.subarray(0, whole.length - 20));
  await expect(replayFile({ ...options(), file })).rejects.toMatchObject({
    code: 'BadData',
    message: expect.stringContaining(`${file} cannot be read`) as string,
  });
});
