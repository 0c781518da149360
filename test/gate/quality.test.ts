/**
 * A model that passes the gate and is bad at what people do: both models are asked before each event, the watch tells what
 * came of it, promotion takes the model back, and serving answers by the one before.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { purchases } from './shop-log.ts';
import { prepare, readGood, shifted } from './spoil.ts';
import { startGateWorld, type GateWorld } from './world.ts';

let world: GateWorld;
afterEach(() => world.stop());

const people = Array.from({ length: 40 }, (_, at) => `u${at}`);
async function versions(): Promise<Set<string | undefined>> {
  return new Set(await Promise.all(people.map((person) => world.served(person))));
}

it('is taken back for its quality within ten seconds', async () => {
  world = await startGateWorld({ watches: true, promotion: { canaryPercent: 50, bakeTime: '1h' } });
  await world.write(purchases(0, 4000));
  const good = await world.train('run-1');
  await vi.waitFor(async () => expect(await versions()).toEqual(new Set([good.version])), 20_000);

  world.lookWith({ passes: true });
  // It knows every item, by the name of another one.
  const bad = await prepare(world, await readGood(world, good), { model: shifted(7) });
  await world.announce(bad);
  await vi.waitFor(async () => expect(await versions()).toEqual(new Set([good.version, bad.version])), 20_000);

  const begun = Date.now();
  for (let at = 4000; world.activation.models()[0]!.refusals === 0 && Date.now() - begun < 10_000; at += 500) {
    const ingestedAt = new Date().toISOString();
    await world.write(purchases(at, at + 500).map((event) => ({ ...event, ingestedAt })));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await vi.waitFor(async () => expect(await versions()).toEqual(new Set([good.version])), 5000);
  expect(Date.now() - begun).toBeLessThan(10_000);
  expect(world.activation.models()[0]).toMatchObject({ refusals: 1, phase: 'Active' });
  expect(world.activation.models()[0]!.lastRefusal).toMatch(
    /it foresaw [\d.]+% of \d{3,} next items, and the old model [\d.]+% of \d{3,} \(alarms.qualityDrop\)/,
  );
  expect(world.fatal).toEqual([]);
}, 60_000);
