import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const operator = new URL('operator.ts', import.meta.url).href;
const listed = `await import('${operator}'); console.log(process.report.getReport().sharedObjects.join(' '))`;

it('loads no database before it needs one: a thousand pipelines are to fit into 200 MB', async () => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', listed];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('libc.so');
  expect(stdout).not.toContain('lmdb');
});
