/** Which profiles an event concerns: its own, and for a link both of its ends. */
import type { CleanerSlice } from '../../crds/slices.ts';
import { profileIdOf } from '../shared/event.ts';
import type { Draft } from './step.ts';

/** Distinct, the profile that the event's partition is by first. Empty only for an event without any id. */
export function createProfilesOf({ identity }: Pick<CleanerSlice, 'identity'>): (event: Draft) => readonly string[] {
  const links = new Set<string>(identity.mergeOn);
  return (event) => {
    const own = profileIdOf(event);
    if (own === undefined) return [];
    const source = links.has(event.type) && event.userId ? sourceOf(event) : undefined;
    return source && source !== own ? [own, source] : [own];
  };
}

/** Where a link starts: it leads from the anonymous or the previous id to the user. */
function sourceOf(event: Draft): string | null | undefined {
  return event.type === 'alias' ? event.previousId : event.anonymousId;
}
