/** What was stopped stays stopped. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { superviseService } from './children.ts';

it('is not started again, though it had to be killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-children-'));
  const said: string[] = [];
  const logger = pino({}, { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) });
  const logFile = join(folder, 'c.log');
  const child = superviseService({ name: 'c', service: 'cleaner', env: {}, logFile, logger, graceMs: 50 });
  const pid = child.pid()!;
  process.kill(pid, 'SIGSTOP');
  // Of two signals that wait for a process that has not run yet, SIGTERM would come first.
  const state = () => execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  await vi.waitFor(() => expect(state()).toMatch(/^T/), 15_000);
  await child.stop();
  expect(said).toEqual(['process does not end: killed']);
  rmSync(folder, { recursive: true });
});
