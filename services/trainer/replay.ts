/** Reads the clean events that the log holds at the start of a run, once, for all models that are trained. */
import type { Broker, PartitionOffsets } from '../shared/broker.ts';
import type { CleanEvent } from '../shared/event.ts';
import { collectEvent, type Collector } from '../shared/learning/collect.ts';
import { unpackLines } from '../shared/record.ts';

export interface Replayed {
  /** Offsets read of each partition: `from` ≤ offset < `to`. */
  readonly offsets: readonly { readonly partition: number; readonly from: number; readonly to: number }[];
  /** Lines, whatever they hold. */
  readonly lines: number;
  /** Lines that are no clean event; the cleaner writes none. */
  readonly malformed: number;
}

/** Rejects with what the broker rejects with. The collectors' tables hold the steps afterwards. */
export async function replay(broker: Broker, topic: string, collectors: readonly Collector[]): Promise<Replayed> {
  const held = await broker.offsets(topic);
  const counts = { lines: 0, malformed: 0 };
  for (const partition of held) {
    const batches = broker.read({ topic, partition: partition.partition, from: partition.low, to: partition.high });
    for await (const records of batches) for (const { value } of records) collectRecord(value, collectors, counts);
  }
  return { offsets: held.map(rangeOf), ...counts };
}

function rangeOf({ partition, low, high }: PartitionOffsets) {
  return { partition, from: low, to: high };
}

function collectRecord(
  value: Uint8Array | null,
  collectors: readonly Collector[],
  counts: { lines: number; malformed: number },
): void {
  if (value === null) return;
  for (const line of unpackLines(value)) {
    counts.lines++;
    const event = parseLine(line);
    if (event) for (const collector of collectors) collectEvent(collector, event);
    else counts.malformed++;
  }
}

function parseLine(line: string): CleanEvent | undefined {
  try {
    const event = JSON.parse(line) as CleanEvent | null;
    const texts = [event?.profile, event?.id, event?.type, event?.time];
    return event && texts.every((text) => typeof text === 'string') ? event : undefined;
  } catch {
    return undefined;
  }
}
