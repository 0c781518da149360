/** What was stopped stays stopped. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { superviseService } from './children.ts';

it('is not started again, though it had to be killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-children-'));
  const said: string[] = [];
  const logger = pino({}, { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) });
  const logFile = join(folder, 'c.log');
  const child = superviseService({ name: 'c', service: 'cleaner', env: {}, logFile, logger, graceMs: 50 });
  process.kill(child.pid()!, 'SIGSTOP');
  await child.stop();
  expect(said).toEqual(['process does not end: killed']);
  rmSync(folder, { recursive: true });
});
