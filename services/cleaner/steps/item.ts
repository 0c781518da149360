/** Stamps the catalogue's item attributes into events that bring none, so that a replay equals what happened live. */
import { itemVersionOf } from '../../shared/catalogue.ts';
import { ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

/** An event's own item wins for that event, as a whole: attributes of two times are never mixed in one event. */
export function createItemStep(): Step {
  return (event, { catalogue }) => {
    if (!event.itemId || event.item) return ok(event);
    const known = catalogue.get(event.itemId);
    return known === undefined ? ok(event) : ok({ ...event, item: known.item, itemVersion: itemVersionOf(known) });
  };
}
