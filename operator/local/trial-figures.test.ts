/** What serving counts of a trial is what is read from its metrics on this machine. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { createServingMetrics } from '../../services/serving/metrics.ts';
import { createTrialCounts } from '../../services/serving/trial-counts.ts';
import { scrapeFigures } from './trial-figures.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** One process of serving that has answered so: milliseconds of each answer of an arm; undefined is one that failed. */
async function serving(
  answers: Readonly<Record<'canary' | 'stable', readonly (number | undefined)[]>>,
  generation = 2,
) {
  const registry = new Registry();
  registry.setDefaultLabels({ service: 'serving' });
  let now = 0;
  const counts = createTrialCounts(createServingMetrics(registry), () => now);
  const fail = (): never => {
    throw new Error('a fault of the model');
  };
  for (const arm of ['canary', 'stable'] as const)
    for (const ms of answers[arm]) {
      const measured = () =>
        counts.measure({ name: 'next-item', generation, arm }, () => (ms === undefined ? fail() : (now += ms)));
      if (ms === undefined) expect(measured).toThrow('a fault of the model');
      else measured();
    }
  const server = createServer((_, response) => void registry.metrics().then((text) => response.end(text)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, figures: counts.figures()[0]! };
}

const some = { canary: [0.5, 3, undefined, 2000], stable: [30, 30] };

it('is the same as the process has counted: answers, faults, and times by bin', async () => {
  const { url, figures } = await serving(some);
  expect(await scrapeFigures([url], 'next-item', 2)).toEqual(figures);
});

it('adds up over processes, and one that does not answer tells nothing', async () => {
  const [one, other] = [await serving(some), await serving({ canary: [3], stable: [] })];
  const gone = 'http://127.0.0.1:9/metrics';
  const sum = await scrapeFigures([one.url, gone, other.url], 'next-item', 2);
  expect(sum).toMatchObject({ canary: { answers: 5, errors: 1 }, stable: { answers: 2, errors: 0 } });
  expect(sum!.canary.seconds).toEqual(
    one.figures.canary.seconds.map((n, bin) => n + other.figures.canary.seconds[bin]!),
  );
});

it('knows nothing of another trial', async () => {
  const { url } = await serving(some, 3);
  expect(await scrapeFigures([url], 'next-item', 2)).toBeUndefined();
  expect(await scrapeFigures([url], 'other', 3)).toBeUndefined();
});
