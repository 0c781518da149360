/** A body's entries → what is stored of them, and the fate of each. Pure. */
import { encodeItem } from '../shared/catalogue.ts';
import { partitionOf } from '../shared/partition.ts';
import { type Framed, frameEvent, type Stamp } from './frame-event.ts';
import { frameItem } from './frame-item.ts';
import { limits } from './limits.ts';
import { type Lot, type LotRecord, lotOfLines } from './lot.ts';
import type { Entry } from './read-body.ts';
import { isRefusal, type Refusal, refuse } from './refusal.ts';
import { mapCall, type SegmentContext } from './segment.ts';
import { findFault, isObject } from './shape.ts';

export interface Accepted {
  readonly lot: Lot;
  /** Per entry of the body; undefined: it is in the lot. */
  readonly fates: readonly (Refusal | undefined)[];
}

export function acceptEvents(entries: readonly Entry[], stamp: Stamp, partitions: number): Accepted {
  const collected = collect(partitions);
  const fates = entries.map((entry) => {
    const framed = 'refusal' in entry ? entry.refusal : frameEvent(entry.value, stamp, entry.text);
    if (isRefusal(framed)) return framed;
    collected.add(framed);
    return undefined;
  });
  return { lot: collected.lot(), fates };
}

/** Segment's calls; one refused product refuses its whole order, so that a repetition cannot be half a one. */
export function acceptCalls(
  entries: readonly Entry[],
  context: SegmentContext,
  stamp: Stamp,
  partitions: number,
): Accepted | Refusal {
  const collected = collect(partitions);
  const fates: (Refusal | undefined)[] = [];
  for (const entry of entries) {
    const framed = 'refusal' in entry ? entry.refusal : frameCall(entry.value, context, stamp);
    if (!isRefusal(framed)) for (const event of framed) collected.add(event);
    fates.push(isRefusal(framed) ? framed : undefined);
    if (collected.events > limits.fannedOutEvents || collected.characters > limits.fannedOutBytes)
      return refuse('BatchTooLarge', `orders of this body become more than ${limits.fannedOutEvents} events or 2 MB`);
  }
  return { lot: collected.lot(), fates };
}

function frameCall(value: unknown, context: SegmentContext, stamp: Stamp): Framed[] | Refusal {
  if (!isObject(value)) return refuse('NotAnObject', 'a call is a JSON object');
  // An order may have many products: keys are counted again in each event that it becomes.
  const fault = findFault(value, limits.eventBytes);
  if (fault !== undefined) return fault;
  const events = mapCall(value, context);
  if (isRefusal(events)) return events;
  const framed: Framed[] = [];
  for (const event of events) {
    const result = frameEvent(event, stamp);
    if (isRefusal(result)) return result;
    framed.push(result);
  }
  return framed;
}

export function acceptItems(
  entries: readonly Entry[],
  stamp: { readonly now: string; readonly newId: () => string },
): Accepted {
  const records: LotRecord[] = [];
  const id = stamp.newId();
  const fates = entries.map((entry, index) => {
    if ('refusal' in entry) return entry.refusal;
    const message = frameItem(entry.value, { now: stamp.now, id: `${id}:${String(index).padStart(4, '0')}` });
    if (isRefusal(message)) return message;
    records.push({ stream: 'items', partition: 0, ...encodeItem(message) });
    return undefined;
  });
  const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
  return { lot: { events: records.length, bytes, records }, fates };
}

function collect(partitions: number) {
  const linesByPartition: string[][] = [];
  let events = 0;
  let characters = 0;
  return {
    add: ({ profileId, line }: Framed): void => {
      const partition = partitionOf(profileId, partitions);
      (linesByPartition[partition] ??= []).push(line);
      events++;
      characters += line.length;
    },
    lot: (): Lot => lotOfLines(linesByPartition, events),
    get events() {
      return events;
    },
    get characters() {
      return characters;
    },
  };
}
