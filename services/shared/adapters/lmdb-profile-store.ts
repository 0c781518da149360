/**
 * Profile store on LMDB: durable commits, one writer at a time across all processes that open the folder.
 * The compare-and-set uses the version that LMDB keeps beside the watermark, which each commit raises by one.
 */
import { open, type Database } from 'lmdb';
import { LikenessError } from '../errors.ts';
import { checkWrites } from '../profile-writes.ts';
import type { Advance, PartitionRead, PartitionTag, ProfileStore, ProfileWrite, Watermark } from '../profile-store.ts';
import { decodeWatermark, encodeWatermark } from '../watermark.ts';
import {
  chunkKey,
  chunkOfKey,
  profileIdOfStateKey,
  stateKey,
  stateRange,
  watermarkKey,
} from './lmdb-profile-store-keys.ts';

type Bytes = Database<Buffer, Buffer>;
interface Tables {
  readonly watermarks: Bytes;
  readonly notes: Bytes;
  readonly states: Bytes;
  readonly ids: Bytes;
}
interface Chunk {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** An append rewrites at most so many bytes; larger values would leave LMDB's 4 KB pages half empty. */
const chunkBytes = 1024;

/** `folder` is created if missing. Rejects nothing; LMDB's own errors surface as `StoreUnavailable`. */
export function openLmdbProfileStore(folder: string): ProfileStore {
  // overlappingSync off: a commit is seen by others only when it is on the disk.
  const root = open({ path: folder, maxDbs: 5, overlappingSync: false, noSubdir: false });
  const table = (name: string, useVersions = false): Bytes =>
    root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary', useVersions });
  const tables = {
    watermarks: table('watermarks', true),
    notes: table('notes'),
    states: table('states'),
    ids: table('ids'),
  };

  return {
    read: (tag, profileIds) =>
      attempt(() => {
        root.resetReadTxn(); // What follows is synchronous and so sees one moment: now.
        return readPartition(tables, tag, profileIds);
      }),
    commit: (tag, expected, next, writes) =>
      attempt(() => {
        checkWrites(writes);
        root.resetReadTxn();
        return commit(tables, { tag, expected, next }, writes);
      }),
    readNote: (tag) =>
      attempt(() => {
        root.resetReadTxn();
        const { watermark } = readPartition(tables, tag, []);
        return { watermark, note: tables.notes.get(watermarkKey(tag)) };
      }),
    get: (keys) =>
      attempt(() => {
        root.resetReadTxn();
        return keys.map(({ tag, profileId }) => tables.states.get(stateKey(tag, profileId)));
      }),
    hasProfiles: (tag) => attempt(() => tables.states.getKeysCount({ ...stateRange(tag), limit: 1 }) > 0),
    async *list(tag) {
      for (const key of tables.states.getKeys({ ...stateRange(tag), snapshot: false }))
        yield profileIdOfStateKey(tag, key);
    },
    clear: (tag) => attempt(() => clear(tables, tag)),
    onReconnect: () => () => undefined,
    check: async () => undefined,
    close: () => root.close(),
  };
}

async function attempt<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    const message = `The embedded profile store failed: ${String(cause)}. Is the disk full?`;
    throw new LikenessError('StoreUnavailable', message, { retryable: true, cause });
  }
}

function readPartition(tables: Tables, tag: PartitionTag, profileIds: readonly string[]): PartitionRead {
  const stored = tables.watermarks.get(watermarkKey(tag));
  const profiles = profileIds.map((profileId) => {
    const state = tables.states.get(stateKey(tag, profileId));
    return state && { state, ids: Buffer.concat(chunksOf(tables, tag, profileId).map(({ value }) => value)) };
  });
  return { watermark: stored && decodeWatermark(stored.toString()), profiles };
}

const chunksOf = (tables: Tables, tag: PartitionTag, profileId: string): Chunk[] =>
  Array.from(tables.ids.getRange({ start: chunkKey(tag, profileId, 0), end: chunkKey(tag, profileId, 2 ** 32 - 1) }));

interface Step {
  readonly tag: PartitionTag;
  readonly expected: Watermark | undefined;
  readonly next: Advance;
}

async function commit(tables: Tables, step: Step, writes: readonly ProfileWrite[]): Promise<'committed' | 'conflict'> {
  const key = watermarkKey(step.tag);
  const entry = tables.watermarks.getEntry(key);
  const expected = step.expected && encodeWatermark(step.expected);
  if (entry?.value.toString() !== expected) return 'conflict';
  const edits = writes.flatMap((write) => idEdits(tables, step.tag, write));
  const writeAll = (): void => {
    for (const { profileId, state } of writes) void tables.states.put(stateKey(step.tag, profileId), asBuffer(state));
    if (step.next.note) void tables.notes.put(key, asBuffer(step.next.note));
    for (const edit of edits) void (edit.value ? tables.ids.put(edit.key, edit.value) : tables.ids.remove(edit.key));
    void tables.watermarks.put(key, Buffer.from(encodeWatermark(step.next)), (entry?.version ?? firstVersion()) + 1);
  };
  // The writes take part in the condition's transaction: all of them happen, or none.
  const done = entry
    ? tables.watermarks.ifVersion(key, entry.version ?? 0, writeAll)
    : tables.watermarks.ifNoExists(key, writeAll);
  return (await done) ? 'committed' : 'conflict';
}

/** Random, so that after a `clear` no version comes again that somebody might still compare with. */
const firstVersion = (): number => Math.floor(Math.random() * 2 ** 40);

/** The watermark is gone before the first profile is: commits that expect it fail from then on. */
async function clear({ watermarks, notes, states, ids }: Tables, tag: PartitionTag): Promise<void> {
  await watermarks.remove(watermarkKey(tag));
  await notes.remove(watermarkKey(tag));
  const range = stateRange(tag); // Chunk keys begin as state keys do: with the tag and NUL.
  // Profiles tell that a clearing was broken off, so that they go last: ids without one would make repeats of its events.
  for (const table of [ids, states]) {
    let last: Promise<boolean> = Promise.resolve(true);
    for (const key of table.getKeys({ ...range, snapshot: false })) last = table.remove(key);
    await last;
  }
}

type Edit = { readonly key: Buffer; readonly value?: Buffer };

/** Read in the same moment as the version that the commit compares, so nobody can have changed the chunks since. */
function idEdits(tables: Tables, tag: PartitionTag, { profileId, ids }: ProfileWrite): Edit[] {
  if (ids === undefined) return [];
  if ('append' in ids) return [appendEdit(tables, tag, profileId, asBuffer(ids.append))];
  const bytes = asBuffer(ids.replace);
  const edits: Edit[] = chunksOf(tables, tag, profileId).map(({ key }) => ({ key }));
  for (let start = 0, chunk = 0; start < bytes.length; start += chunkBytes, chunk++)
    edits.push({ key: chunkKey(tag, profileId, chunk), value: bytes.subarray(start, start + chunkBytes) });
  return edits;
}

function appendEdit(tables: Tables, tag: PartitionTag, profileId: string, bytes: Buffer): Edit {
  const first = chunkKey(tag, profileId, 0);
  const range = {
    start: chunkKey(tag, profileId, 2 ** 32 - 1),
    end: first,
    inclusiveEnd: true,
    reverse: true,
    limit: 1,
  };
  const [last] = Array.from(tables.ids.getRange(range));
  if (last === undefined) return { key: first, value: bytes };
  if (last.value.length + bytes.length <= chunkBytes)
    return { key: last.key, value: Buffer.concat([last.value, bytes]) };
  return { key: chunkKey(tag, profileId, chunkOfKey(last.key) + 1), value: bytes };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
