/**
 * What an event costs the feature stage with many users, and with a long history: both must stay flat.
 *
 * Users: 10,000 or 1,000,000 stored profiles, each event for one of them at random. The 10,000 fit the stage's caches
 * and are in them; of the 1,000,000 nearly every one must be read first. History: one profile's events follow each other
 * closely, so only updating and storing what is there counts. Every stored profile is a copy of one that the feature
 * code made from events over four weeks, so panes, interests and sequences are as full as a shop's.
 */
import { connectProfileStore } from '../services/shared/adapters/connect-profile-store.ts';
import type { SentEvent } from '../services/shared/event.ts';
import type { ProfileStore } from '../services/shared/profile-store.ts';
import type { CompiledFeatures } from '../services/shared/profile/compile.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { cpuMicros } from './cpu.ts';
import { FeatureStage, fillProfiles, type StageLine, type StageOptions } from './feature-stage.ts';
import { microsPerEvent } from './history.ts';
import { eventLines } from './load/events.ts';
import type { BenchContext } from './main.ts';
import { compileSpec } from './profiles.ts';
import { benchPipeline } from './stack.ts';
import { median, round } from './statistics.ts';
import { makeTemplates } from './templates.ts';

const partitions = 4;
const few = 10_000;
const many = 1_000_000;
const templateShape = { profiles: 2000, events: 80_000 };
const eventBytes = 500;

interface World {
  readonly store: ProfileStore;
  readonly redisPid: number;
  readonly features: CompiledFeatures;
}

export async function run({ flags, note }: BenchContext): Promise<object> {
  const runs = Number(flags['runs'] ?? 5);
  const events = Number(flags['events'] ?? 50_000);
  const redis = await startRedis();
  const store = await connectProfileStore({ redis: redis.url });
  const features = compileSpec(benchPipeline({ kafka: '', redis: '', name: 'growth', port: 0 }).spec);
  const world = { store, redisPid: redis.pid, features };
  const templates = makeTemplates(features, { ...templateShape, until: Date.now() });
  const bytes = round(median(templates.map(({ state }) => state.length)), 0);
  note(`${templates.length} profiles of ${bytes} bytes (median) are copied`);
  const crowd = optionsOf(world, 1);
  await fillProfiles(crowd, templates, many);
  note(`${many} profiles are stored`);
  const results: { few: UsersRun; many: UsersRun; short: number; long: number }[] = [];
  for (let run = 0; run < runs; run++) {
    // The few get a tenth of their history anew in a run, so they are stored afresh; to the many it makes no difference.
    const fresh = optionsOf(world, run + 2);
    await fillProfiles(fresh, templates, few);
    results.push({
      few: await measureUsers(world, fresh, { users: few, events, run }),
      many: await measureUsers(world, crowd, { users: many, events, run }),
      short: await microsPerEvent(features, 10),
      long: await microsPerEvent(features, 10_000),
    });
    note(`run ${run + 1}: ${JSON.stringify(results[run])}`);
  }
  await store.close();
  await redis.stop();
  const medianOf = (pick: (result: (typeof results)[number]) => number) => round(median(results.map(pick)));
  const history = { short: medianOf(({ short }) => short), long: medianOf(({ long }) => long) };
  const rates = { few: medianOf((each) => each.few.perSecond), many: medianOf((each) => each.many.perSecond) };
  return {
    eventsPerSecondAt10kUsers: rates.few,
    eventsPerSecondAt1MUsers: rates.many,
    usersRatio: round(rates.many / rates.few),
    cpuMicrosAt10kUsers: medianOf((each) => each.few.cpuMicros),
    cpuMicrosAt1MUsers: medianOf((each) => each.many.cpuMicros),
    usPerEventAtHistory10: history.short,
    usPerEventAtHistory10000: history.long,
    historyRatio: round(history.long / history.short),
    bytesPerProfile: bytes,
    runs,
  };
}

interface UsersRun {
  readonly perSecond: number;
  /** Of this process and Redis, an event. */
  readonly cpuMicros: number;
}

interface UsersOptions {
  readonly users: number;
  readonly events: number;
  readonly run: number;
}

function optionsOf({ store, features }: World, epoch: number): StageOptions {
  return { store, features, pipeline: { namespace: 'bench', name: 'growth', epoch }, partitions };
}

async function measureUsers(
  { redisPid }: World,
  options: StageOptions,
  { users, events, run }: UsersOptions,
): Promise<UsersRun> {
  const stage = await FeatureStage.open(options);
  // One event for each of 10,000: after it, all of the few are in the caches.
  await stage.apply(stage.batches(lines({ users, events: few, prefix: `w${run}` }, (index) => index)));
  const timed = stage.batches(lines({ users, events, prefix: `t${run}` }));
  const cpu = () => cpuMicros(process.pid) + cpuMicros(redisPid);
  const [cpuBefore, started] = [cpu(), performance.now()];
  await stage.apply(timed);
  return {
    perSecond: Math.round((events * 1000) / (performance.now() - started)),
    cpuMicros: round((cpu() - cpuBefore) / events),
  };
}

function* lines(
  load: { readonly users: number; readonly events: number; readonly prefix: string },
  userOf?: (index: number) => number,
): Generator<StageLine> {
  const now = new Date().toISOString();
  let index = 0;
  for (const line of eventLines({ ...load, items: 4000, bytes: eventBytes, seed: 7, startTime: Date.now() })) {
    const sent = JSON.parse(line) as SentEvent;
    const profile = userOf === undefined ? sent.userId! : `u${userOf(index++)}`;
    yield { profile, text: JSON.stringify({ ...sent, profile, userId: profile, ingestedAt: now, receivedAt: now }) };
  }
}
