/**
 * Keys of the embedded profile store: binary, ordered by partition, then profile. Pure.
 * A tag holds no NUL, so that one ends it; a profile id may hold anything, so where something follows, its length leads.
 */
import type { PartitionTag } from '../profile-store.ts';

export const watermarkKey = (tag: PartitionTag): Buffer => Buffer.from(tag);

export const stateKey = (tag: PartitionTag, profileId: string): Buffer => Buffer.from(`${tag}\0${profileId}`);

/** From the first state key of a partition to just behind its last. */
export const stateRange = (tag: PartitionTag): { start: Buffer; end: Buffer } => ({
  start: Buffer.from(`${tag}\0`),
  end: Buffer.from(`${tag}\x01`),
});

export const profileIdOfStateKey = (tag: PartitionTag, key: Buffer): string =>
  key.toString('utf8', Buffer.byteLength(tag) + 1);

/** Recent ids lie in chunks, numbered from 0, so that an append touches the last one alone. */
export function chunkKey(tag: PartitionTag, profileId: string, chunk: number): Buffer {
  const head = Buffer.byteLength(tag) + 1;
  const idBytes = Buffer.byteLength(profileId);
  const key = Buffer.alloc(head + 2 + idBytes + 4);
  key.write(tag);
  key.writeUInt16BE(idBytes, head);
  key.write(profileId, head + 2);
  key.writeUInt32BE(chunk, head + 2 + idBytes);
  return key;
}

export const chunkOfKey = (key: Buffer): number => key.readUInt32BE(key.length - 4);
