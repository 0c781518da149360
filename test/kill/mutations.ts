/** Ports with a fault in them, for the mutation run: each with a crash or a pause at the point where it matters. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Broker, Consumer } from '../../services/shared/broker.ts';
import type { ProfileStore, Watermark } from '../../services/shared/profile-store.ts';
import { commitBlindly, packWrites, type LateCommit } from './late-commit.ts';
import { claim, crash } from './once.ts';

export interface Injection {
  /** Path: turns that were taken leave files there. */
  readonly flag: string;
  /** False: the same crashes and pauses around an unchanged port, which must do no harm. */
  readonly mutated: boolean;
}

const warmUp = 20;
const turns = 4;

/** `store` with a method or two of its own. */
function overrideStore(store: ProfileStore, changes: Partial<ProfileStore>): ProfileStore {
  return new Proxy(store, {
    get: (target, key) => {
      const value: unknown = Reflect.get(key in changes ? changes : target, key);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

/**
 * No compare-and-set: whatever the watermark is, the commit writes, and a read does not betray that it has moved. Now
 * and then the process stands still between reading and committing for longer than its session, so that its commit
 * lands on top of its successor's.
 */
export function withoutCompareAndSet(
  store: ProfileStore,
  { flag, mutated }: Injection,
  at: { readonly redis: string; readonly pauses: boolean },
): ProfileStore {
  const believed = new Map<string, Watermark | undefined>();
  let commits = 0;
  const commit: ProfileStore['commit'] = async (...what) => {
    const [tag, expected, next, writes] = what;
    believed.set(tag, next);
    if (at.pauses && ++commits > warmUp && writes.length > 3 && claim(`${flag}-pause`, turns)) {
      const late = { redis: at.redis, tag, expected, next, writes: packWrites(writes) };
      return commitLate({ ...late, blind: mutated, beforeMs: 5000, afterMs: 1000 });
    }
    return mutated ? commitBlindly(store, ...what) : store.commit(...what);
  };
  const read: ProfileStore['read'] = async (tag, profileIds) => {
    const found = await store.read(tag, profileIds);
    if (mutated && profileIds.length > 0) return { ...found, watermark: believed.get(tag) };
    believed.set(tag, found.watermark);
    return found;
  };
  return overrideStore(store, { commit, read });
}

/** Blocks this process's only thread: no heartbeat, no answer, nothing. */
function commitLate(late: LateCommit): 'committed' | 'conflict' {
  const script = fileURLToPath(new URL('./late-commit.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], {
    input: JSON.stringify(late),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`late-commit ended with ${status}: ${stderr}`);
  return stdout.trim() === 'conflict' ? 'conflict' : 'committed';
}

/** No deduplication: stored ids are never given back. A crash empties what the process itself remembers. */
export function withoutDeduplication(store: ProfileStore, { flag, mutated }: Injection): ProfileStore {
  let commits = 0;
  return overrideStore(store, {
    read: async (...what) => {
      const { watermark, profiles } = await store.read(...what);
      if (!mutated) return { watermark, profiles };
      return { watermark, profiles: profiles.map((profile) => profile && { ...profile, ids: new Uint8Array() }) };
    },
    commit: async (...what) => {
      const said = await store.commit(...what);
      if (++commits % (3 * warmUp) === 0 && claim(`${flag}-crash`, turns)) crash();
      return said;
    },
  });
}

/** Commits a batch's position before the batch is produced, and now and then crashes between the two. */
export function withCommitBeforeProduce(broker: Broker, { flag, mutated }: Injection): Broker {
  const consume: Broker['consume'] = async (options) => {
    let batches = 0;
    const opened = Promise.withResolvers<Consumer>();
    const consumer = await broker.consume({
      ...options,
      onBatch: async (batch) => {
        const next = batch.records.at(-1)!.offset + 1;
        if (mutated) await (await opened.promise).commit(batch.topic, batch.partition, next);
        if (++batches % warmUp === 0 && claim(flag, turns)) crash();
        await options.onBatch(batch);
      },
    });
    opened.resolve(consumer);
    return consumer;
  };
  return new Proxy(broker, {
    get: (target, key) => {
      const value: unknown = key === 'consume' ? consume : Reflect.get(target, key);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}
