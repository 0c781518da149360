import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { runToEnd, superviseService } from './children.ts';

it('starts a process again when it dies, and no more once it is stopped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-children-'));
  const ends: { code: number | null }[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void ends.push(JSON.parse(line)) });
  // Without an environment the cleaner ends with BadConfig at once.
  const child = superviseService({ name: 'c', service: 'cleaner', env: {}, logFile: join(folder, 'c.log'), logger });
  await vi.waitFor(() => expect(ends.length).toBeGreaterThan(1), 15_000);
  await child.stop();
  expect(ends[0]).toMatchObject({ code: 64, process: 'c' });
  expect(child.pid()).toBeUndefined();
  rmSync(folder, { recursive: true });
});

const quiet = pino({ enabled: false });

it('gives up on a process whose settings are wrong, naming its log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-children-'));
  const logFile = join(folder, 'c.log');
  const onFatal = vi.fn();
  const options = { name: 'c', service: 'cleaner', env: {}, logFile, logger: quiet, onFatal };
  const child = superviseService(options);
  await vi.waitFor(() => expect(onFatal).toHaveBeenCalledTimes(1), 90_000);
  expect(onFatal.mock.calls[0]).toMatchObject([
    { code: 'BadConfig', message: expect.stringContaining(logFile) as string },
  ]);
  await child.stop();
  rmSync(folder, { recursive: true });
}, 100_000);

it('outlives a log that cannot be written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-children-'));
  // A folder is no file to write to.
  const options = { name: 'c', service: 'cleaner', env: {}, logFile: folder, logger: quiet };
  expect(await runToEnd(options, new AbortController().signal)).toBe(64);
  rmSync(folder, { recursive: true });
}, 20_000);

it('kills a process that does not end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-children-'));
  const logFile = join(folder, 'c.log');
  const options = { name: 'c', service: 'cleaner', env: {}, logFile, logger: quiet, graceMs: 50 };
  const child = superviseService(options);
  process.kill(child.pid()!, 'SIGSTOP');
  await child.stop();
  expect(child.pid()).toBeUndefined();
  rmSync(folder, { recursive: true });
}, 20_000);

it('tells a process that was killed from one that has failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-children-'));
  const logFile = join(folder, 'c.log');
  const options = { name: 'c', service: 'cleaner', env: {}, logFile, logger: quiet };
  expect(await runToEnd(options, AbortSignal.abort())).toBe(64);
  const killed = new AbortController();
  const ended = runToEnd(options, killed.signal);
  killed.abort();
  expect(await ended).toBe(69);
  rmSync(folder, { recursive: true });
}, 20_000);
