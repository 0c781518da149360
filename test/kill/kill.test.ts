/**
 * The proof that nothing is lost and nothing counted twice: real Kafka, real Redis, seven processes, a seeded schedule
 * of kills; and the proof that this test can fail. Larger: `npm run chaos`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { startBed } from '../chaos/bed.ts';
import type { FaultCounts } from '../chaos/schedule.ts';
import { isSound, runChaos, type ChaosReport } from '../chaos/run.ts';
import type { Mutation } from '../chaos/stack.ts';
import { unique } from '../testbed/unique.ts';

const seed = Number(process.env['LIKENESS_SEED'] ?? Math.floor(Math.random() * 1e6));
const sessionTimeoutMs = 3000;
const timeout = 600_000;

interface Run {
  readonly name: string;
  readonly events: number;
  readonly durationMs: number;
  readonly patienceMs: number;
  readonly faults: FaultCounts;
  readonly mutation?: (folder: string) => Mutation;
}

async function run({ name, mutation, ...sizes }: Run): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), `likeness-kill-${name}-`));
  const bed = await startBed(inject('kafka'));
  const tell = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${name}: ${what}`);
  const mutant = mutation === undefined ? {} : { mutation: mutation(folder) };
  const options = { seed, sessionTimeoutMs, folder, name: unique(name), tell, ...sizes, ...mutant };
  try {
    const report = await runChaos(options, bed);
    tell(summarise(report));
    // The logs of a run that went wrong are worth keeping.
    if (isSound(report)) rmSync(folder, { recursive: true, force: true });
    return report;
  } catch (error) {
    tell(`failed, its logs are in ${folder}`);
    throw error;
  } finally {
    await bed.stop();
  }
}

function summarise({ profiles, lost, invented, misjudged, ...rest }: ChaosReport): string {
  const { different, differences } = profiles;
  const counts = { lost: lost.length, invented: invented.length, misjudged: misjudged.length, different };
  return JSON.stringify({ ...rest, ...counts, profiles: profiles.profiles, first: differences[0] });
}

/** The processes of a stage run another entry than their main.ts, with or without the fault in the port. */
function mutate(stage: Mutation['stage'], fault: readonly string[], mutated: boolean): (folder: string) => Mutation {
  const file = fileURLToPath(new URL(`./mutant-${stage}.ts`, import.meta.url));
  return (folder) => ({ stage, entry: { file, args: [join(folder, 'turn'), String(mutated), ...fault] } });
}

describe('killed, paused, cut', () => {
  it(
    'every profile equals the oracle, and every accepted event is accounted for',
    async () => {
      const report = await run({
        name: 'kill',
        events: 20_000,
        durationMs: 140_000,
        patienceMs: 120_000,
        faults: { kills: 10, pauses: 3, redisKills: 1 },
      });
      expect(report.profiles.differences).toEqual([]);
      expect(report).toMatchObject({ accepted: 20_000, lost: [], invented: [], misjudged: [], lag: 0 });
      // It must have been worth it: repeats reached the clean stream, and no process gave up because of a bug.
      expect(report.repeats).toBeGreaterThan(1000);
      expect(Object.values(report.ends).flat()).not.toContain('1');
      expect(isSound(report)).toBe(true);
    },
    timeout,
  );
});

describe('the test can fail', () => {
  const small = {
    events: 5000,
    durationMs: 40_000,
    patienceMs: 30_000,
    faults: { kills: 0, pauses: 0, redisKills: 0 },
  };
  const faults = [
    { name: 'compare-and-set', stage: 'feature', arguments: ['compare-and-set'] },
    { name: 'deduplication', stage: 'feature', arguments: ['deduplication'] },
    { name: 'commit-order', stage: 'cleaner', arguments: [] },
  ] as const;

  it.concurrent.each(faults)(
    'without its $name a crash or pause at the wrong moment turns it red',
    async ({ name, stage, arguments: fault }) => {
      const report = await run({ ...small, name, mutation: mutate(stage, fault, true) });
      expect(isSound(report)).toBe(false);
      if (stage === 'cleaner') expect(report.lost.length).toBeGreaterThan(0);
      else expect(report.profiles.different).toBeGreaterThan(0);
    },
    timeout,
  );

  it.concurrent.each(faults)(
    'the same crash or pause does no harm while $name is in place',
    async ({ name, stage, arguments: fault }) => {
      const report = await run({ ...small, name: `${name}-intact`, mutation: mutate(stage, fault, false) });
      expect(report.profiles.differences).toEqual([]);
      expect(isSound(report)).toBe(true);
    },
    timeout,
  );
});
