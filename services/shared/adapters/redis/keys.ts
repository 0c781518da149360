/** Redis keys of a partition. The tag in braces puts them all into one hash slot; the rest is short, it is paid a profile. */
import type { PartitionTag } from '../../profile-store.ts';

export const watermarkKey = (tag: PartitionTag): string => `{${tag}}:w`;
export const noteKey = (tag: PartitionTag): string => `{${tag}}:n`;
export const stateKey = (tag: PartitionTag, profileId: string): string => `{${tag}}:s:${profileId}`;
export const idsKey = (tag: PartitionTag, profileId: string): string => `{${tag}}:d:${profileId}`;

/** Match every key of the kind, whatever the tag holds that a glob would read otherwise. */
export const stateKeyPattern = (tag: PartitionTag): string => `${escapeGlob(stateKey(tag, ''))}*`;
export const idsKeyPattern = (tag: PartitionTag): string => `${escapeGlob(idsKey(tag, ''))}*`;

const escapeGlob = (text: string): string => text.replace(/[\\*?[\]^-]/g, '\\$&');

export const profileIdOfStateKey = (tag: PartitionTag, key: string): string => key.slice(stateKey(tag, '').length);
