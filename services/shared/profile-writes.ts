/** What every profile store asks of the writes of one commit, checked before anything is written. Pure. */
import { LikenessError } from './errors.ts';
import { maxProfileIdBytes, maxWritesPerCommit, type ProfileWrite } from './profile-store.ts';

/** True if a store can hold a profile of this id: 1 to maxProfileIdBytes bytes of well-formed Unicode. */
export function isStorableId(profileId: string): boolean {
  if (profileId.length === 0 || profileId.length > maxProfileIdBytes) return false;
  if (!profileId.isWellFormed()) return false;
  // A code unit is at most 3 bytes, so most ids need not be counted.
  return profileId.length * 3 <= maxProfileIdBytes || Buffer.byteLength(profileId) <= maxProfileIdBytes;
}

/** Throws LikenessError `BadData` (a bug of the caller): too many writes, a profile twice, an id that cannot be stored. */
export function checkWrites(writes: readonly ProfileWrite[]): void {
  if (writes.length > maxWritesPerCommit)
    throw new LikenessError('BadData', `A commit of ${writes.length} profiles; at most ${maxWritesPerCommit} fit.`);
  const seen = new Set<string>();
  for (const { profileId } of writes) {
    if (!isStorableId(profileId))
      throw new LikenessError('BadData', `Profile id ${JSON.stringify(profileId.slice(0, 64))} cannot be stored.`);
    seen.add(profileId);
  }
  if (seen.size < writes.length) throw new LikenessError('BadData', 'A commit names a profile twice.');
}
