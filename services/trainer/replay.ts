/** Reads the clean events that the log holds at the start of a run, once, for all models that are trained. */
import type { Broker } from '../shared/broker.ts';
import type { CleanEvent } from '../shared/event.ts';
import { unpackLines } from '../shared/record.ts';

/** Offsets of one partition: `from` ≤ offset < `to`. */
export interface ReadRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface Replayed {
  readonly offsets: readonly ReadRange[];
  /** Lines, whatever they hold. */
  readonly lines: number;
  /** Lines that are no clean event; the cleaner writes none. */
  readonly malformed: number;
}

/** All that the log holds now of the partitions that are wanted. */
export async function rangesNow(
  broker: Broker,
  topic: string,
  isWanted: (partition: number) => boolean,
): Promise<ReadRange[]> {
  const held = await broker.offsets(topic);
  return held
    .filter(({ partition }) => isWanted(partition))
    .map(({ partition, low, high }) => ({ partition, from: low, to: high }));
}

export interface Replay {
  readonly broker: Broker;
  readonly topic: string;
  readonly offsets: readonly ReadRange[];
}

/** Learns from each event of the log. */
export type Take = (event: CleanEvent) => void;

/** Rejects with what the broker rejects with. */
export async function replay({ broker, topic, offsets }: Replay, takes: readonly Take[]): Promise<Replayed> {
  const counts = { lines: 0, malformed: 0 };
  // Nobody wants to know.
  for (const { partition, from, to } of takes.length > 0 ? offsets : []) {
    const batches = broker.read({ topic, partition, from, to });
    for await (const records of batches) for (const { value } of records) takeRecord(value, takes, counts);
  }
  return { offsets, ...counts };
}

function takeRecord(
  value: Uint8Array | null,
  takes: readonly Take[],
  counts: { lines: number; malformed: number },
): void {
  if (value === null) return;
  for (const line of unpackLines(value)) {
    counts.lines++;
    const event = parseLine(line);
    if (event) for (const take of takes) take(event);
    else counts.malformed++;
  }
}

/** undefined: it is no clean event. */
export function parseLine(line: string): CleanEvent | undefined {
  try {
    const event = JSON.parse(line) as CleanEvent | null;
    const texts = [event?.profile, event?.id, event?.type, event?.time];
    return event && texts.every((text) => typeof text === 'string') ? event : undefined;
  } catch {
    return undefined;
  }
}
