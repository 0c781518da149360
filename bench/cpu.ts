/** CPU time of processes, from the kernel (Linux). */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** Microseconds of user and system time that a process has used. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6;
}
