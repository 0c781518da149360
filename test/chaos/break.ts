/** Carries out a schedule of faults. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Runner } from './processes.ts';
import type { Fault } from './schedule.ts';

export interface Breakable {
  readonly runners: readonly Runner[];
  /** SIGKILL, cut, start again; resolves with the bytes that were cut off. */
  readonly crashRedis: (cutBytes: number) => Promise<number>;
}

/** Resolves when every fault has happened and everything has been started again. `tell` hears of each. */
export async function breakThings(
  schedule: readonly Fault[],
  startAt: number,
  things: Breakable,
  tell: (what: string) => void,
): Promise<void> {
  const mending: Promise<unknown>[] = [];
  for (const fault of schedule) {
    await sleep(Math.max(0, startAt + fault.atMs - Date.now()));
    mending.push(inflict(fault, things, tell));
  }
  await Promise.all(mending);
}

async function inflict(fault: Fault, { runners, crashRedis }: Breakable, tell: (what: string) => void): Promise<void> {
  if (fault.kind === 'redis') {
    const cut = await crashRedis(fault.cutBytes);
    tell(`SIGKILL redis, ${cut} bytes cut off its append-only file`);
    return;
  }
  if (fault.kind === 'kill') {
    const victim = runners[fault.victim]!;
    tell(`SIGKILL ${victim.name}`);
    await victim.kill();
    await sleep(fault.downMs);
    victim.start();
    return;
  }
  const victim = runners.filter(({ stage }) => stage === 'feature')[fault.victim]!;
  if (!victim.signal('SIGSTOP')) tell(`${victim.name} is down, nothing to pause`);
  else tell(`SIGSTOP ${victim.name} for ${fault.pauseMs} ms`);
  await sleep(fault.pauseMs);
  victim.signal('SIGCONT');
}
