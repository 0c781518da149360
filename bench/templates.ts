/** Encoded states of some profiles, made by the services' own feature code from events over weeks. Pure. */
import type { SentEvent } from '../services/shared/event.ts';
import { idHash64 } from '../services/shared/id-hash.ts';
import type { StoredProfile } from '../services/shared/profile-store.ts';
import { encodeProfile } from '../services/shared/profile/codec.ts';
import type { CompiledFeatures } from '../services/shared/profile/compile.ts';
import { emptyProfile, type ProfileState, updateProfile } from '../services/shared/profile/profile.ts';
import { RecentIds } from '../services/shared/profile/recent-ids.ts';
import { eventLines } from './load/events.ts';
import { cleanEvent } from './profiles.ts';

const dayMs = 86_400_000;
const historyDays = 28;
export const dedupeWindowMs = dayMs;

export interface TemplateShape {
  readonly profiles: number;
  /** Spread evenly over the weeks before `until` and at random over the profiles. */
  readonly events: number;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** Every id came in within the dedupe window, as an import brings them; else each came in when its event happened. */
  readonly isImport?: boolean;
}

export function makeTemplates(features: CompiledFeatures, shape: TemplateShape): StoredProfile[] {
  const stepMs = (historyDays * dayMs) / shape.events;
  const live = new Map<string, { state: ProfileState; ids: RecentIds }>();
  const load = { users: shape.profiles, items: 4000, bytes: 0, seed: shape.events, startTime: 0, prefix: 'past' };
  let index = 0;
  for (const line of eventLines({ ...load, events: shape.events })) {
    const happened = shape.until - Math.round((shape.events - index++) * stepMs);
    const event = { ...(JSON.parse(line) as SentEvent), time: new Date(happened).toISOString() };
    const userId = event.userId!;
    const profile = live.get(userId) ?? { state: emptyProfile(features), ids: new RecentIds(dedupeWindowMs) };
    live.set(userId, profile);
    const hash = idHash64(event.id);
    profile.state = updateProfile(features, profile.state, cleanEvent(event, userId), hash);
    profile.ids.add(hash, shape.isImport ? shape.until : happened);
  }
  return [...live.values()].map(({ state, ids }) => ({
    state: Buffer.from(encodeProfile(features, state)),
    ids: idBytes(ids),
  }));
}

function idBytes(ids: RecentIds): Uint8Array {
  const write = ids.takeWrite()!;
  return 'append' in write ? write.append : write.replace;
}
