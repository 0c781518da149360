/**
 * A commit that reaches the store late, because its process stood still: waits, commits, waits again. Run by a mutant
 * that is blocked meanwhile (spawnSync), so that it sends no heartbeat and another process takes its partitions.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectProfileStore } from '../../services/shared/adapters/connect-profile-store.ts';
import type { ProfileStore, ProfileWrite, Watermark } from '../../services/shared/profile-store.ts';

export interface LateCommit {
  readonly redis: string;
  readonly tag: string;
  readonly expected: Watermark | undefined;
  readonly next: Watermark;
  /** Bytes as base64. */
  readonly writes: readonly { profileId: string; state: string; ids?: { append: string } | { replace: string } }[];
  /** Whether `expected` is ignored. */
  readonly blind: boolean;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Commits as if nobody could have come between: the mutation. */
export async function commitBlindly(store: ProfileStore, ...commit: Parameters<ProfileStore['commit']>) {
  const [tag, , next, writes] = commit;
  for (;;) {
    const { watermark } = await store.read(tag, []);
    const said = await store.commit(tag, watermark, next, writes);
    if (said === 'committed') return said;
  }
}

const toBytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export function packWrites(writes: readonly ProfileWrite[]): LateCommit['writes'] {
  return writes.map(({ profileId, state, ids }) => ({
    profileId,
    state: toText(state),
    ...(ids && { ids: 'append' in ids ? { append: toText(ids.append) } : { replace: toText(ids.replace) } }),
  }));
}

function unpackWrites(writes: LateCommit['writes']): ProfileWrite[] {
  return writes.map(({ profileId, state, ids }) => ({
    profileId,
    state: toBytes(state),
    ...(ids && { ids: 'append' in ids ? { append: toBytes(ids.append) } : { replace: toBytes(ids.replace) } }),
  }));
}

if (import.meta.main) {
  const { redis, tag, expected, next, writes, blind, beforeMs, afterMs } = JSON.parse(
    await new Response(process.stdin as unknown as ReadableStream).text(),
  ) as LateCommit;
  const store = await connectProfileStore({ redis });
  await sleep(beforeMs);
  const commit = [tag, expected, next, unpackWrites(writes)] as const;
  const said = blind ? await commitBlindly(store, ...commit) : await store.commit(...commit);
  await sleep(afterMs);
  await store.close();
  console.log(said);
}
