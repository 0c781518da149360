/** What an event costs the feature stage on profiles of some history, all of them in its caches. */
import { connectProfileStore } from '../services/shared/adapters/connect-profile-store.ts';
import type { SentEvent } from '../services/shared/event.ts';
import type { CompiledFeatures } from '../services/shared/profile/compile.ts';
import { FeatureStage, fillProfiles, type StageLine } from './feature-stage.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { eventLines } from './load/events.ts';
import { median, round } from './statistics.ts';
import { makeTemplates } from './templates.ts';

/** Few turns, so that a history of 10 stays short; anew often enough to be measured. */
const profiles = 100;
const warmTurns = 2;
const timedTurns = 5;
const repetitions = 40;

/**
 * Microseconds of wall time an event: the median of the repetitions. `history`: events that each profile has had before.
 * All of their ids came in within the dedupe window, as after an import, which is the costliest case.
 */
export async function microsPerEvent(features: CompiledFeatures, history: number): Promise<number> {
  const redis = await startRedis();
  const store = await connectProfileStore({ redis: redis.url });
  const until = Date.now();
  const templates = makeTemplates(features, { profiles: 1, events: history, until, isImport: true });
  const micros: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const pipeline = { namespace: 'bench', name: 'history', epoch: repetition + 1 };
    const options = { store, features, pipeline, partitions: 1 };
    await fillProfiles(options, templates, profiles);
    const stage = await FeatureStage.open(options);
    const [warm, timed] = [stage.batches(turns(warmTurns, 'w')), stage.batches(turns(timedTurns, 't'))];
    await stage.apply(warm);
    const started = performance.now();
    await stage.apply(timed);
    micros.push(((performance.now() - started) * 1000) / (timedTurns * profiles));
  }
  await store.close();
  await redis.stop();
  return round(median(micros));
}

/** In each turn one event for each profile. */
function* turns(count: number, prefix: string): Generator<StageLine> {
  const now = new Date().toISOString();
  const load = { users: 1, items: 4000, bytes: 0, seed: 5, startTime: Date.now(), prefix };
  let index = 0;
  for (const line of eventLines({ ...load, events: count * profiles })) {
    const profile = `u${index++ % profiles}`;
    const sent = JSON.parse(line) as SentEvent;
    yield { profile, text: JSON.stringify({ ...sent, profile, userId: profile, ingestedAt: now, receivedAt: now }) };
  }
}
