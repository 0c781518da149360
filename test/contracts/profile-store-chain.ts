/** Profiles whose state depends on the order of everything that was applied: one lost or doubled event shows. */
import { createHash } from 'node:crypto';
import type { ProfileStore, Watermark } from '../../services/shared/profile-store.ts';

export const mark = (offset: number): Watermark => ({
  offset,
  timestamp: 1_700_000_000_000 + offset,
  definition: 'd1',
});
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A small generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const profileIds = ['a', 'b', 'c', 'd', 'e'];
const profileOf = (offset: number): string => profileIds[(offset * 7 + (offset >> 2)) % profileIds.length]!;
const link = (state: Uint8Array | undefined, offset: number): Buffer =>
  createHash('sha1')
    .update(state ?? '')
    .update(String(offset))
    .digest();

/**
 * Reads, applies one to four offsets, commits, after random pauses. False once `last` is reached. A rejection of the
 * store passes through, because its outcome is unknown.
 */
export async function advance(
  store: ProfileStore,
  tag: string,
  to: { last: number; random: () => number },
): Promise<boolean> {
  const { watermark, profiles } = await store.read(tag, profileIds);
  const from = watermark?.offset ?? 0;
  if (from >= to.last) return false;
  const next = Math.min(to.last, from + 1 + Math.floor(to.random() * 4));
  const states = new Map(profileIds.map((profileId, index) => [profileId, profiles[index]?.state]));
  const ids = new Map<string, Buffer[]>();
  for (let offset = from + 1; offset <= next; offset++) {
    const profileId = profileOf(offset);
    states.set(profileId, link(states.get(profileId), offset));
    ids.set(profileId, [...(ids.get(profileId) ?? []), Buffer.from(`${offset},`)]);
  }
  if (to.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, to.random() * 5));
  const writes = [...ids].map(([profileId, appended]) => ({
    profileId,
    state: states.get(profileId)!,
    ids: { append: Buffer.concat(appended) },
  }));
  await store.commit(tag, watermark, { ...mark(next), note: Buffer.from(String(next)) }, writes);
  return true;
}

/** Whether states, ids and the note are exactly those of the history up to the stored watermark. */
export async function foldUpTo(store: ProfileStore, tag: string): Promise<{ offset: number; matches: boolean }> {
  const { watermark, profiles } = await store.read(tag, profileIds);
  const offset = watermark?.offset ?? 0;
  const states = new Map<string, Buffer>();
  const ids = new Map<string, string>();
  for (let each = 1; each <= offset; each++) {
    const profileId = profileOf(each);
    states.set(profileId, link(states.get(profileId), each));
    ids.set(profileId, `${ids.get(profileId) ?? ''}${each},`);
  }
  // Of its own moment: somebody may be writing.
  const { note, watermark: noted } = await store.readNote(tag);
  const isNoted = (note && text(note)) === (noted && String(noted.offset));
  const matches = profileIds.every((profileId, index) => {
    const stored = profiles[index];
    const state = states.get(profileId);
    if (stored === undefined || state === undefined) return stored === state;
    return Buffer.from(stored.state).equals(state) && text(stored.ids) === ids.get(profileId);
  });
  return { offset, matches: matches && isNoted };
}
