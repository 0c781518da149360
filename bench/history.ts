/** The feature stage's own work (parse, dedupe, update, encode, commit to Redis) on cached profiles of some history. */
import { applyChunk, type LiveProfile } from '../services/feature/apply.ts';
import { cutChunks } from '../services/feature/chunks.ts';
import { connectProfileStore } from '../services/shared/adapters/connect-profile-store.ts';
import type { SentEvent } from '../services/shared/event.ts';
import type { ProfileStore, Watermark } from '../services/shared/profile-store.ts';
import type { CompiledFeatures } from '../services/shared/profile/compile.ts';
import { emptyProfile } from '../services/shared/profile/profile.ts';
import { RecentIds } from '../services/shared/profile/recent-ids.ts';
import { packLines } from '../services/shared/record.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { eventLines } from './load/events.ts';
import { compileSpec } from './profiles.ts';
import { benchPipeline } from './stack.ts';
import { round } from './statistics.ts';

/** Profiles that each get one event a turn, and the turns under the clock. */
const profileCount = 100;
const timedTurns = 500;
const dayMs = 86_400_000;

/** `history`: events that each profile has had before. All of their ids came in within the dedupe window. */
export async function microsPerEvent(history: number): Promise<number> {
  const redis = await startRedis();
  const store = await connectProfileStore({ redis: redis.url });
  const { spec } = benchPipeline({ kafka: '', redis: '', name: 'history', port: 0 });
  const stage = createStage(compileSpec(spec), store);
  for (let turn = 0; turn < history; turn++) await stage(stage.next());
  const timed = Array.from({ length: timedTurns }, () => stage.next());
  const started = performance.now();
  for (const value of timed) await stage(value);
  const micros = ((performance.now() - started) * 1000) / (timedTurns * profileCount);
  await store.close();
  await redis.stop();
  return round(micros);
}

interface HistoryStage {
  /** Applies and commits one record. */
  (value: Buffer): Promise<void>;
  /** A record that gives each of the profiles one more event. */
  next(): Buffer;
}

function createStage(features: CompiledFeatures, store: ProfileStore): HistoryStage {
  const tag = 'bench/history/e1/p0';
  const profiles = new Map<string, LiveProfile>();
  for (let user = 0; user < profileCount; user++)
    profiles.set(`u${user}`, { state: emptyProfile(features), ids: new RecentIds(dayMs), bytes: 0 });
  let watermark: Watermark | undefined;
  const stage = async (value: Buffer) => {
    const offset = (watermark?.offset ?? -1) + 1;
    for (const chunk of cutChunks([{ offset, key: null, value, timestamp: offset }])) {
      const applied = applyChunk(features, chunk, profiles, new Map());
      if ('spoiled' in applied) throw new Error('an event of the benchmark fails');
      const next = { offset, timestamp: offset, definition: features.hash };
      if ((await store.commit(tag, watermark, next, applied.writes)) !== 'committed') throw new Error('conflict');
      watermark = next;
    }
  };
  return Object.assign(stage, { next: recordMaker([...profiles.keys()]) });
}

function recordMaker(profiles: readonly string[]): () => Buffer {
  const now = new Date().toISOString();
  const shape = { events: Infinity, users: 1, items: 4000, bytes: 0, seed: 5, prefix: 'h' };
  const lines = eventLines({ ...shape, startTime: Date.now() - 10 * dayMs });
  return () => {
    const events = profiles.map((profile) => {
      const event = JSON.parse(lines.next().value as string) as SentEvent;
      return JSON.stringify({ ...event, userId: profile, profile, ingestedAt: now, receivedAt: now });
    });
    return packLines(events)[0]!;
  };
}
