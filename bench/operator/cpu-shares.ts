/** CPU seconds of all processes that take part. */
import { round } from '../statistics.ts';
import { cpuMicros } from '../cpu.ts';

export type Pids = Readonly<Record<string, number>>;
export type CpuSeconds = Readonly<Record<string, number>>;

export function cpuSeconds(pids: Pids): CpuSeconds {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMicros(pid) / 1e6]));
}

/** Milliseconds of CPU for each of `count` since `before`. */
export function cpuMsEach(before: CpuSeconds, pids: Pids, count: number): CpuSeconds {
  const after = cpuSeconds(pids);
  return Object.fromEntries(
    Object.keys(pids).map((name) => [name, round(((after[name]! - before[name]!) * 1000) / count, 1)]),
  );
}
