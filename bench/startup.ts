/** `npm start` on an empty folder: milliseconds until the first recommendation that a model, not popularity, gave. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext } from './main.ts';
import { median, round, spread } from './statistics.ts';

interface Summary {
  readonly firstRecommendationMs: number;
  readonly profiles: number;
}

export async function run({ flags, note }: BenchContext): Promise<object> {
  const runs = Number(flags['runs'] ?? 3);
  const results: Summary[] = [];
  for (let run = 0; run < runs; run++) {
    results.push(await startOnce());
    note(`run ${run + 1}: ${round(results[run]!.firstRecommendationMs, 0)} ms`);
  }
  const times = results.map(({ firstRecommendationMs }) => firstRecommendationMs);
  return {
    firstRecommendationMs: round(median(times), 0),
    worstMs: round(Math.max(...times), 0),
    spread: round(spread(times)),
    profiles: results[0]!.profiles,
    runs,
  };
}

/** The clock of the summary starts with the process itself; npm's own start is not ours. */
async function startOnce(): Promise<Summary> {
  const data = mkdtempSync(join(tmpdir(), 'likeness-startup-'));
  const args = ['cli/main.ts', 'start', '--once', '--json', '--port', '0', '--data', data];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  rmSync(data, { recursive: true });
  if (code !== 0) throw new Error(`npm start ended with ${String(code)}`);
  return JSON.parse(output.trim().split('\n').at(-1)!) as Summary;
}
