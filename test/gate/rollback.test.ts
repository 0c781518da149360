/** A model on trial that makes errors is taken back: counted by serving, decided by promotion, announced, and served. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { TrialFigures } from '../../services/shared/trial-figures.ts';
import { purchases } from './shop-log.ts';
import { startGateWorld, type GateWorld } from './world.ts';

let world: GateWorld;
afterEach(() => world.stop());

const people = Array.from({ length: 40 }, (_, at) => `u${at}`);
/** Version → how many people it answers. */
async function answering(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const person of people) {
    const version = (await world.served(person)) ?? 'none';
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

it('answers its share, and within ten seconds of an alarm nobody, from a model that was kept in memory', async () => {
  let failing = false;
  const seen: TrialFigures[] = [];
  world = await startGateWorld({
    promotion: { canaryPercent: 50, bakeTime: '1h' },
    tamper: (figures) => {
      seen.push(figures);
      return failing ? { ...figures, canary: { ...figures.canary, errors: figures.canary.answers } } : figures;
    },
  });
  await world.write(purchases(0, 400));
  const before = await world.train('run-1');
  await vi.waitFor(async () => expect(await answering()).toEqual({ [before.version]: people.length }), 20_000);
  await world.write(purchases(400, 8000));
  const after = await world.train('run-2');
  await vi.waitFor(async () => expect(await answering()).toHaveProperty(after.version), 20_000);
  const shares = await answering();
  expect(shares[before.version]! + shares[after.version]!).toBe(people.length);
  expect(shares[after.version]).toBeGreaterThan(8);
  await vi.waitFor(() => expect(seen.at(-1)!.canary.answers).toBeGreaterThan(5), 5000);
  expect(seen.at(-1)!.stable.answers).toBeGreaterThan(5);
  expect(seen.at(-1)!.canary.errors).toBe(0);

  // Going back must need nothing from the disk.
  rmSync(join(world.folder, 'models', before.digest), { recursive: true });
  failing = true;
  await vi.waitFor(async () => expect(await answering()).toEqual({ [before.version]: people.length }), 10_000);
  const actives = (await world.messages()).filter((message) => message.kind === 'active');
  expect(actives.map(({ version, generation, canaryPercent }) => [version, generation, canaryPercent])).toEqual([
    [before.version, 1, 100],
    [after.version, 2, 50],
    [before.version, 3, 100],
  ]);
  expect(world.activation.models()[0]).toMatchObject({ refusals: 1 });
  expect(world.activation.models()[0]!.lastRefusal).toContain('answers failed');
  expect(world.fatal).toEqual([]);
});
