/** Which events become steps and links: one rule for the trainer's replay and for backtests on a file. */
import type { CleanEvent } from '../event.ts';
import { idHash64 } from '../id-hash.ts';
import type { LinkEvent } from '../profile/compile.ts';
import { linkEnds } from '../profile/identity.ts';
import { isEventTime } from '../profile/order.ts';
import type { EventTable } from './event-table.ts';
import { isStep, type ModelInputs } from './model-inputs.ts';
import { labelBits } from './ranker/head-labels.ts';

export interface Collector {
  readonly table: EventTable;
  readonly inputs: ModelInputs;
  readonly mergeOn: readonly LinkEvent[];
  /** Milliseconds since 1970: what was ingested before is not learned from, only who is who. Absent: all is. */
  readonly since?: number | undefined;
}

/** Whether an event is recent enough to be learned from. */
export function isSince({ since }: Pick<Collector, 'since'>, { ingestedAt }: Pick<CleanEvent, 'ingestedAt'>): boolean {
  return since === undefined || Date.parse(ingestedAt) >= since;
}

/**
 * Takes in one event of a profile. `tie` orders events of equal time; by default the hash of the id does, as in the
 * profiles. False: it is no step, too old, or a repeat.
 */
export function collectEvent(collector: Collector, event: CleanEvent, tie?: readonly [number, number]): boolean {
  const { table, inputs, mergeOn } = collector;
  const time = Date.parse(event.time);
  const ends = linkEnds(event, mergeOn);
  if (ends) {
    const [hi, lo] = idHash64(event.id);
    table.addLink(ends.from, { id: ends.to, time, hi, lo });
  }
  if (!event.itemId || !isStep(inputs, event.type) || !isEventTime(time) || !isSince(collector, event)) return false;
  const id = idHash64(event.id);
  const { profile, itemId, item } = event;
  const target = inputs.targets.has(event.type);
  const labels = inputs.ranker ? labelBits(event.type, inputs.ranker.heads) : 0;
  return table.add({ profile, itemId, time, id, tie: tie ?? id, target, labels, item });
}
