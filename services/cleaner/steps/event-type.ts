/** Refuses events of a type that the spec does not define. */
import type { CleanerSlice } from '../../../crds/slices.ts';
import { deadLetter, ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

/** The types that identity links are made of need no definition of their own. */
export function createEventTypeStep({ events, identity }: Pick<CleanerSlice, 'events' | 'identity'>): Step {
  const known = new Set([...events.map(({ name }) => name), ...identity.mergeOn]);
  return (event) =>
    known.has(event.type) ? ok(event) : deadLetter('UnknownEventType', `${event.type} is not defined in the spec`);
}
