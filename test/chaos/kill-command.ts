/** `npm run chaos -- kill --events N --kills N --seed S`: the kill test at any size. The last line is the report as JSON. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureTestbed } from '../testbed/ensure.ts';
import { startBed } from './bed.ts';
import { isSound, runChaos } from './run.ts';

/** Resolves with the exit code. */
export async function killChaos(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '20000' },
      kills: { type: 'string', default: '10' },
      /** SIGSTOPs of a feature process past its session timeout. */
      pauses: { type: 'string' },
      /** SIGKILLs of Redis, each with a cut. */
      redis: { type: 'string' },
      seed: { type: 'string' },
      /** Seconds that sending takes; by default long enough for the faults. */
      seconds: { type: 'string' },
    },
  });

  const kills = Number(values.kills);
  const pauses = Number(values.pauses ?? Math.ceil(kills * 0.3));
  const redisKills = Number(values.redis ?? Math.ceil(kills * 0.1));
  const events = Number(values.events);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const leastSeconds = Math.max((kills + pauses + redisKills) * 10, events / 1000);
  const folder = mkdtempSync(join(tmpdir(), 'likeness-chaos-'));

  await ensureTestbed();
  const bed = await startBed();
  try {
    console.log(`logs in ${folder}`);
    const report = await runChaos(
      {
        seed,
        events,
        durationMs: Number(values.seconds ?? leastSeconds) * 1000,
        faults: { kills, pauses, redisKills },
        sessionTimeoutMs: 3000,
        patienceMs: 180_000,
        folder,
        name: `chaos-${seed}`,
        tell: (what) => console.log(`${new Date().toISOString().slice(11, 19)} ${what}`),
      },
      bed,
    );
    for (const each of report.profiles.differences) console.log(JSON.stringify(each));
    console.log(isSound(report) ? 'sound' : `UNSOUND: to repeat, --seed ${seed}`);
    console.log(JSON.stringify(report));
    return isSound(report) ? 0 : 1;
  } finally {
    await bed.stop();
  }
}
