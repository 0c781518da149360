/** `npm run demo:drift`, shorter: the change is found, learned from, let through and followed, and the report says so. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followingKinds, followingSteps, type MarkKind } from '../../examples/drift/marks.ts';
import type { DemoSummary } from '../../examples/drift/report.ts';
import { lastJson } from './command.ts';

const main = fileURLToPath(new URL('../../examples/drift/main.ts', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'likeness-drift-demo-'));

/** What it printed. Rejects if it failed. */
function demonstrate(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args]);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${code}: ${output.stderr}`))));
  });
}

describe('the demonstration of drift', () => {
  let summary: DemoSummary & { readonly report: string };
  let report: string;
  let said: string;
  beforeAll(async () => {
    const output = await demonstrate('--json', '--data', data, '--before', '50', '--after', '50');
    summary = lastJson(output);
    report = readFileSync(summary.report, 'utf8');
    said = output.stderr;
  }, 600_000);
  afterAll(() => rmSync(data, { recursive: true }));

  it('finds the change and puts a model of the new time into service', () => {
    expect(summary.secondsToVerdict).toBeGreaterThan(0);
    expect(summary.secondsToRecovery).toBeGreaterThan(summary.secondsToVerdict!);
  });

  it('falls with the change and recovers, which the old model does not', () => {
    expect(summary.fallen).toBeLessThan(0.6 * summary.before);
    expect(summary.recoveredFraction).toBeGreaterThan(0.7);
    expect(summary.staticFraction).toBeLessThan(0.5);
  });

  it('reports every step in order, and says that all of it is synthetic', () => {
    const kinds = [...report.matchAll(/<tr class="(\w+)">/g)].map(([, kind]) => kind as MarkKind);
    const steps = followingSteps(kinds.map((kind, time) => ({ time, kind, text: '' })));
    expect(steps.map(({ kind }) => kind)).toEqual(followingKinds);
    expect(report).toContain('Synthetic');
    expect(said).toContain('synthetic');
    expect(summary.synthetic).toBe(true);
  });
});
