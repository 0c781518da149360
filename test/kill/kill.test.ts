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
import type { Mutations } from '../chaos/stack.ts';
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
  readonly mutations?: (folder: string) => Mutations;
  /** The run is expected to go wrong. */
  readonly red?: true;
}

async function run({ name, mutations, red, ...sizes }: Run): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), `likeness-kill-${name}-`));
  const bed = await startBed(inject('kafka'));
  const tell = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${name}: ${what}`);
  const mutant = mutations === undefined ? {} : { mutations: mutations(folder) };
  const options = { seed, sessionTimeoutMs, folder, name: unique(name), tell, ...sizes, ...mutant };
  try {
    const report = await runChaos(options, bed, inTurn);
    tell(summarise(report));
    // The logs of a run that went wrong unexpectedly are worth keeping.
    if (red || isSound(report)) rmSync(folder, { recursive: true, force: true });
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

let lastStart: Promise<unknown> = Promise.resolve();

/** The small runs go on side by side, but a machine can start only so many processes at once. */
function inTurn<T>(start: () => Promise<T>): Promise<T> {
  const started = lastStart.then(start);
  lastStart = started.catch(() => undefined);
  return started;
}

const faults = { feature: ['compare-and-set', 'deduplication'], cleaner: ['commit-order'] } as const;

/** The stage's processes run a mutant: with the fault in its port, or with the same crashes and pauses but no fault. */
function entryOf(stage: keyof typeof faults, folder: string, fault: string, mutated: boolean): Mutations {
  const file = fileURLToPath(new URL(`./mutant-${stage}.ts`, import.meta.url));
  return { [stage]: { file, args: [join(folder, `turn-${fault}`), String(mutated), fault] } };
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
  const noFaults = { kills: 0, pauses: 0, redisKills: 0 };
  const calm = { events: 5000, durationMs: 40_000, patienceMs: 30_000, faults: noFaults };

  it.concurrent.each(faults.feature)(
    'without its %s a crash or pause at the wrong moment makes it miscount',
    async (fault) => {
      const mutations = (folder: string) => entryOf('feature', folder, fault, true);
      const report = await run({ ...calm, name: fault, mutations, red: true });
      expect(report.profiles.different).toBeGreaterThan(0);
      expect(isSound(report)).toBe(false);
    },
    timeout,
  );

  it.concurrent.each(faults.cleaner)(
    'without its %s a crash at the wrong moment makes it lose events',
    async (fault) => {
      const mutations = (folder: string) => entryOf('cleaner', folder, fault, true);
      const report = await run({ ...calm, name: fault, mutations, red: true });
      expect(report.lost.length).toBeGreaterThan(0);
      expect(isSound(report)).toBe(false);
    },
    timeout,
  );

  it.concurrent(
    'the same crashes and pauses do no harm while all three are in place',
    async () => {
      const mutations = (folder: string) => ({
        ...entryOf('feature', folder, faults.feature.join('+'), false),
        ...entryOf('cleaner', folder, faults.cleaner.join('+'), false),
      });
      const report = await run({ ...calm, name: 'intact', mutations });
      expect(report.profiles.differences).toEqual([]);
      expect(report).toMatchObject({ lost: [], invented: [], misjudged: [], lag: 0 });
    },
    timeout,
  );
});
