/** Refuses events that lack a field which their definition requires; null and empty text count as lacking. */
import type { CleanerSlice } from '../../../crds/slices.ts';
import { createField, type EventField } from '../../shared/event-field.ts';
import { deadLetter, ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

/** An alias without both of its ends would link nothing, so it is refused like any event without its point. */
const linkEnds: Readonly<Record<string, readonly string[]>> = { alias: ['userId', 'previousId'] };

/** Item attributes must be the event's own: what the catalogue knows is stamped in later, and may not be known yet. */
export function createRequiredStep({ events }: Pick<CleanerSlice, 'events'>): Step {
  const required = new Map<string, readonly EventField[]>();
  for (const [type, paths] of Object.entries(linkEnds)) required.set(type, paths.map(createField));
  for (const { name, required: paths } of events)
    required.set(name, [...(required.get(name) ?? []), ...paths.map(createField)]);
  return (event) => {
    for (const field of required.get(event.type) ?? []) {
      const value = field.get(event);
      if (value === undefined || value === null || value === '')
        return deadLetter('MissingField', `a ${event.type} needs ${field.path}`);
    }
    return ok(event);
  };
}
