/** Swaps models while requests run: nothing fails, nothing mixes, nothing bad serves. */
import { expect, vi } from 'vitest';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { sealModel } from './sealed-model.ts';
import { type Activation, startWorld, type World } from './world.ts';

interface Answer {
  readonly items: { itemId: string }[];
  readonly model: { version: string; generation: number };
}

const readers = 4;

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

const stranger = generateSigningKey().privatePem;
const faults: ((generation: number) => Pick<Activation, 'model' | 'spoil'>)[] = [
  (generation) => ({ model: { ...modelOf(generation), privatePem: stranger } }),
  (generation) => ({ model: modelOf(generation), spoil: (files) => files.delete('manifest.sig') }),
  (generation) => ({
    model: modelOf(generation),
    spoil: (files) => files.set('sr.matrix', files.get('sr.matrix')!.slice(0, -4)),
  }),
  (generation) => ({
    model: modelOf(generation),
    spoil: (files) => {
      const bytes = Buffer.from(files.get('items.json')!);
      bytes[20]! ^= 1;
      files.set('items.json', bytes);
    },
  }),
];

/** Each swap comes with a bad model before it: signed by a stranger, unsigned, cut off, or with a flipped bit. */
export async function swapUnderLoad(swaps: number): Promise<void> {
  const world = await startWorld();
  for (let k = 0; k < 7; k += 2) await world.putProfile(`u-${k}`, [{ itemId: 'g9-0' }]);
  await world.activate({ model: modelOf(1), generation: 1 });
  await vi.waitFor(async () => expect((await world.get('/v1/recommendations/x')).status).toBe(200));

  const seen = new Map<number, string>();
  let over = false;
  const reading = Array.from({ length: readers }, () => read(world, seen, () => over));
  for (let swap = 1; swap <= swaps; swap++) {
    // The even generations are bad.
    const bad = { generation: 2 * swap, ...faults[swap % faults.length]!(2 * swap) };
    await world.activate(bad, { model: modelOf(2 * swap + 1), generation: 2 * swap + 1 });
    await vi.waitFor(() => expect(seen.has(2 * swap + 1)).toBe(true), { interval: 1, timeout: 30_000 });
  }
  over = true;
  const answers = (await Promise.all(reading)).reduce((a, b) => a + b);

  expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: swaps + 1 }, (_, k) => 2 * k + 1));
  for (const [generation, version] of seen) expect(version).toBe(sealModel(modelOf(generation)).manifest.version);
  expect(answers).toBeGreaterThan(swaps);
  const metrics = await (await world.get('/metrics')).text();
  expect(metrics).toMatch(new RegExp(`likeness_model_loads_total{model="next-item",result="loaded".*} ${swaps + 1}`));
  expect(metrics).toMatch(new RegExp(`likeness_model_loads_total{model="next-item",result="refused".*} ${swaps}`));
  expect(metrics).not.toMatch(/likeness_http_request_seconds_count{.*status="5/);
  await world.stop();
}
