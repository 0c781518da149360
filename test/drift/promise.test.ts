/** What a model's hold-out promises is what its twin would have answered live: the same questions, one by one. */
import { expect, it } from 'vitest';
import { train } from '../../bench/drift/loop/learn.ts';
import { createPipeline, loopSpecs, topics } from '../../bench/drift/loop/pipeline.ts';
import { readShop } from '../../cli/simulate/shop-spec.ts';
import { simulate } from '../../cli/simulate/simulate.ts';
import { asClean, createProfiles } from '../../examples/drift/questions.ts';
import { watchModel } from '../../services/feature/monitor/watched-model.ts';
import { packLines } from '../../services/shared/record.ts';

it('asks the hold-out as the feature service asks', async () => {
  const events = [...simulate(readShop('{seed: 5, events: 9000}', 'test'))];
  const pipeline = createPipeline({ now: () => Date.parse(events.at(-1)!.time) }, loopSpecs.quick);
  const records = packLines(events.map((event) => JSON.stringify(asClean(event))));
  pipeline.log.append(
    topics['events-clean'],
    records.map((value) => ({ value })),
  );
  const candidate = await train(pipeline, { runId: 'one', since: undefined });
  const { manifest, baseline } = await pipeline.open(candidate!.digest);
  const twin = watchModel({ ...pipeline, loaded: await pipeline.open(manifest.twin!.digest), generation: 0 });
  const profiles = createProfiles(pipeline.compiled, pipeline.history);
  const hits: boolean[] = [];
  for (const event of events) {
    const hit = event.time >= manifest.twin!.before ? profiles.answer(event, twin) : undefined;
    if (hit !== undefined) hits.push(hit);
    profiles.take(event);
  }
  expect(baseline?.questions).toBe(hits.length);
  expect(baseline?.hitRate).toBe(hits.filter((hit) => hit).length / hits.length);
  expect(hits.length).toBeGreaterThan(300);
  expect(baseline?.hitRate).toBeGreaterThan(1.5 * baseline!.popularityHitRate!);
}, 120_000);
