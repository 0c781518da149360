import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Terminal } from '../terminal.ts';
import { runSimulate } from './command.ts';

let folder: string;
let server: Server | undefined;
let printed: string[];
let noted: string[];
const terminal: Terminal = {
  print: (line) => void printed.push(line),
  note: (line) => void noted.push(line),
  status: () => undefined,
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-simulate-'));
  printed = [];
  noted = [];
});
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** An ingest that refuses the events of these places in each batch. */
async function ingest(bodies: string[][], refuses: number): Promise<string> {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const lines = body.split('\n');
      bodies.push(lines);
      const accepted = lines.length - refuses;
      const items = lines
        .slice(0, refuses)
        .map((_, index) => ({ index, status: 400, code: 'NoType', message: 'no type' }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ accepted, items }));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('writes the events of a spec to a file, and says what they are', async () => {
  const [spec, out] = [join(folder, 'shop.yaml'), join(folder, 'events.jsonl')];
  writeFileSync(spec, '{events: 5000, seed: 4}');
  expect(await runSimulate(spec, { events: 300, out, json: true }, terminal)).toBe(0);
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(300);
  expect(JSON.parse(lines[0]!)).toMatchObject({ id: 'sim-4-0', properties: { synthetic: true } });
  const summary = JSON.parse(printed[0]!) as { byType: Record<string, number> };
  expect(summary).toMatchObject({ synthetic: true, seed: 4, events: 300, refused: 0 });
  expect(Object.values(summary.byType).reduce((sum, count) => sum + count)).toBe(300);
});

it('sends all events in order, once, and counts what is refused', async () => {
  const bodies: string[][] = [];
  const to = await ingest(bodies, 1);
  expect(await runSimulate(undefined, { preset: 'taste', events: 600, speed: 0, to, json: true }, terminal)).toBe(65);
  const ids = bodies.flat().map((line) => (JSON.parse(line) as { id: string }).id);
  expect(ids).toEqual(Array.from({ length: 600 }, (_, at) => `sim-1-${at}`));
  expect(bodies.every((lines) => lines.length <= 250)).toBe(true);
  expect(JSON.parse(printed[0]!)).toMatchObject({ refused: bodies.length });
  expect(noted).toHaveLength(bodies.length);
  expect(noted[0]).toContain('refused  NoType: no type in {"id":"sim-1-0"');
});

it('sends by the clock of the shop', async () => {
  const bodies: string[][] = [];
  const to = await ingest(bodies, 0);
  // 100 events at 20 a second, ten times as fast: half a second, in batches of a tenth.
  await runSimulate(undefined, { preset: 'steady', events: 100, speed: 10, to }, terminal);
  expect(bodies.flat()).toHaveLength(100);
  expect(bodies.length).toBeGreaterThan(2);
});

it('refuses what does not go together', async () => {
  const refused = (spec: string | undefined, options: object) => runSimulate(spec, options, terminal);
  await expect(refused(undefined, {})).rejects.toThrow(/--preset: steady, taste/);
  await expect(refused('shop.yaml', { preset: 'taste' })).rejects.toMatchObject({ code: 'Usage' });
  await expect(refused(undefined, { preset: 'taste', out: 'x', to: 'http://x' })).rejects.toThrow(/not both/);
  await expect(refused(undefined, { preset: 'taste', to: 'x' })).rejects.toMatchObject({ code: 'Usage' });
  await expect(refused(join(folder, 'none.yaml'), {})).rejects.toMatchObject({ code: 'Usage' });
  const nowhere = join(folder, 'no', 'such', 'folder');
  await expect(refused(undefined, { preset: 'taste', events: 10, out: nowhere })).rejects.toThrow(/Cannot write/);
});
