import { describe, expect, it, vi } from 'vitest';
import { generateSigningKey } from '../shared/learning/signing.ts';
import { startWorld, type World } from '../../test/serving/world.ts';

interface Answer {
  readonly items: { itemId: string }[];
  readonly model: { version: string; generation: number };
}

const swaps = 220;
const readers = 8;

/** A model whose items carry its generation, so that a mixture shows. */
const modelOf = (generation: number) => {
  const items = Array.from({ length: 30 }, (_, k) => `g${generation}-${k}`);
  return { items, rules: [[items[0]!, items[1]!, 0.5] as const], runId: `run-${generation}` };
};

/** Asks until `isOver`, and checks each answer against itself and the one before it. */
async function read(world: World, seen: Map<number, string>, isOver: () => boolean): Promise<number> {
  let [answers, newest] = [0, 0];
  while (!isOver()) {
    const response = await world.get(`/v1/recommendations/u-${answers % 7}?n=5`);
    expect(response.status).toBe(200);
    const { items, model } = (await response.json()) as Answer;
    expect(items.map(({ itemId }) => itemId.split('-')[0])).toEqual(Array(5).fill(`g${model.generation}`));
    expect(seen.get(model.generation) ?? model.version).toBe(model.version);
    expect(model.generation).toBeGreaterThanOrEqual(newest);
    seen.set(model.generation, model.version);
    newest = model.generation;
    answers++;
  }
  return answers;
}

describe('the hot swap', () => {
  it(`fails no request and mixes no versions over ${swaps} swaps, bad models among them`, async () => {
    const world = await startWorld();
    for (let k = 0; k < 7; k += 2) world.putProfile(`u-${k}`, [{ itemId: 'g9-0' }]);
    const versions = new Map<number, string>();
    const activate = async (generation: number) => {
      const { version } = await world.activate(modelOf(generation), generation);
      versions.set(generation, version);
    };
    await activate(1);
    await vi.waitFor(async () => expect((await world.get('/v1/recommendations/x')).status).toBe(200));

    const seen = new Map<number, string>();
    let over = false;
    const reading = Array.from({ length: readers }, () => read(world, seen, () => over));
    const other = generateSigningKey().privatePem;
    for (let generation = 2; generation <= 2 * swaps; generation += 2) {
      // The odd generations are bad: signed by a stranger, without a signature, cut off, or with a flipped bit.
      const bad = modelOf(generation + 1);
      await activate(generation);
      await vi.waitFor(() => expect(seen.has(generation)).toBe(true), { interval: 1, timeout: 5000 });
      if (generation % 4 === 0) await world.activate({ ...bad, privatePem: other }, generation + 1);
      else await world.activate(bad, generation + 1, spoilers[(generation / 2) % spoilers.length]);
    }
    over = true;
    const answers = (await Promise.all(reading)).reduce((a, b) => a + b);

    expect([...seen.keys()].filter((generation) => generation % 2 === 1 && generation > 1)).toEqual([]);
    expect(seen.size).toBeGreaterThanOrEqual(swaps);
    for (const [generation, version] of seen) expect(version).toBe(versions.get(generation));
    expect(answers).toBeGreaterThan(swaps);
    const metrics = await (await world.get('/metrics')).text();
    expect(metrics).toMatch(new RegExp(`likeness_model_loads_total{model="next-item",result="loaded".*} ${swaps + 1}`));
    expect(metrics).not.toMatch(/likeness_http_request_seconds_count{.*status="5/);
    await world.stop();
  }, 60_000);
});

const spoilers: ((files: Map<string, Uint8Array>) => void)[] = [
  (files) => files.delete('manifest.sig'),
  (files) => files.set('sr.matrix', files.get('sr.matrix')!.slice(0, -4)),
  (files) => {
    const bytes = Buffer.from(files.get('items.json')!);
    bytes[20]! ^= 1;
    files.set('items.json', bytes);
  },
];
