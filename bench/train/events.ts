/**
 * Events per second and peak memory of an SR and EASE training by size of the log: synthetic events, seeded, each as a line
 * of the log that is parsed. Every measurement is a process of its own, because a peak does not go down again.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchContext } from '../main.ts';

interface EventsTraining {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly readSeconds: number;
  /** Of the processor, which others that work beside it spoil less. */
  readonly readCpuSeconds: number;
  readonly fitSeconds: number;
  readonly peakRssMb: number;
}

const sizes = [1_000_000, 10_000_000];
const runFile = promisify(execFile);

/** By way (`sums`: those of an incremental training; `table`: all events in columns) and number of events. `--sizes 1,2` in events. */
export async function measureEvents({ flags, note }: BenchContext): Promise<object> {
  const wanted = flags['sizes']?.split(',').map(Number) ?? sizes;
  const results: Record<string, EventsTraining> = {};
  for (const way of ['sums', 'table'])
    for (const events of wanted) {
      note(`training on ${events} synthetic events, ${way}`);
      const child = fileURLToPath(new URL('./events-child.ts', import.meta.url));
      const heap = way === 'table' ? ['--max-old-space-size=6144'] : [];
      const { stdout } = await runFile(process.execPath, [...heap, child, way, String(events)]);
      results[`${way}-${events}`] = JSON.parse(stdout) as EventsTraining;
      note(stdout.trim());
    }
  return { data: 'synthetic', ...results };
}
