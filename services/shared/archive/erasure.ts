/**
 * Lines that are gone for good. What is erased is noted first, beside the segments; whoever reads lines, merges them or
 * writes them leaves out what is noted, and a segment's name says which notes its lines have been through. So nothing
 * that is written at the same time, however late, brings a line back. Pure.
 */
import { createHash } from 'node:crypto';
import type { Erasure } from '../archive.ts';
import type { ArchivedLine } from './columns.ts';
import { erasureName } from './segment-name.ts';

export const profileDigest = (profile: string): string => createHash('sha256').update(profile).digest('hex');

/** What is erased in one partition. */
export interface Erased {
  /** Names these erasures together; of more of them a greater text. undefined: there are none. */
  readonly tag: string | undefined;
  /** Lines at this offset or behind it all stay. */
  readonly before: number;
  stays(line: Pick<ArchivedLine, 'offset' | 'line'>): boolean;
}

export function erasedBy(erasures: readonly Erasure[]): Erased {
  const ends = new Map<string, number>();
  for (const { profile, before } of erasures) ends.set(profile, Math.max(before, ends.get(profile) ?? 0));
  const before = Math.max(0, ...ends.values());
  return {
    tag: tagOf(erasures.map(erasureName)),
    before,
    stays: ({ offset, line }) => {
      if (offset >= before) return true;
      const profile = profileIn(line);
      return profile === undefined || offset >= (ends.get(profileDigest(profile)) ?? 0);
    },
  };
}

/** How many they are comes first, so that who knows more of them is preferred to who knows less. */
function tagOf(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const digest = createHash('sha256').update(names.toSorted().join('\n')).digest('hex');
  return `e${String(names.length).padStart(6, '0')}.${digest.slice(0, 16)}`;
}

/** Of a line that is no event, nobody. */
function profileIn(line: string): string | undefined {
  try {
    const event: unknown = JSON.parse(line);
    const profile = typeof event === 'object' && event !== null ? (event as { profile?: unknown }).profile : undefined;
    return typeof profile === 'string' ? profile : undefined;
  } catch {
    return undefined;
  }
}
