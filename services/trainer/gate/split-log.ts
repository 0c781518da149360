/** The log as it is now, in two parts: what a candidate was fitted to, and what came after. */
import type { Broker } from '../../shared/broker.ts';
import type { Manifest } from '../../shared/learning/manifest.ts';
import { rangesNow, type ReadRange } from '../replay.ts';

export interface SplitLog {
  /** By partition, in the same order; either may be empty. */
  readonly seen: readonly ReadRange[];
  readonly fresh: readonly ReadRange[];
}

/** `problem`: the candidate was fitted to what this log does not have. */
export async function splitLog(
  broker: Broker,
  topic: string,
  offsets: Manifest['offsets'],
): Promise<SplitLog | { readonly problem: string }> {
  const held = await rangesNow(broker, topic, () => true);
  const strange = offsets.find(
    ({ partition, to }) => to > (held.find((range) => range.partition === partition)?.to ?? 0),
  );
  if (strange !== undefined)
    return {
      problem: `it was fitted to partition ${strange.partition} up to offset ${strange.to}, which the log does not have`,
    };
  const ends = new Map(offsets.map(({ partition, to }) => [partition, to]));
  return { seen: held.map((range) => before(range, ends)), fresh: held.map((range) => after(range, ends)) };
}

type Ends = ReadonlyMap<number, number>;

function before({ partition, from, to }: ReadRange, ends: Ends): ReadRange {
  return { partition, from, to: Math.max(from, Math.min(to, ends.get(partition) ?? 0)) };
}

function after({ partition, from, to }: ReadRange, ends: Ends): ReadRange {
  return { partition, from: Math.min(to, Math.max(from, ends.get(partition) ?? 0)), to };
}
