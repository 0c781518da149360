/** How far definitions that are wanted have come beside those that serve: read from the watermarks of both slots. */
import { otherSlot, statesTag, type ActiveFeatures, type PipelineKey } from './active-features.ts';
import type { ProfileStore, Watermark } from './profile-store.ts';

/** The watermark's `definition` of states that are not complete yet. */
export const backfillMark = (hash: string): string => `backfill:${hash}`;

export interface BackfillProgress {
  /** Hash of the wanted features. */
  readonly definition: string;
  /** 0 to 1, of the offsets of all partitions that profiles contain. */
  readonly share: number;
  /** Every partition has caught up. */
  readonly isComplete: boolean;
}

/** What is told of it. */
export interface BackfillStanding {
  readonly definition: string;
  /** Whole percent. */
  readonly progressPercentage: number;
}

export const standingOf = ({ definition, share }: BackfillProgress): BackfillStanding => ({
  definition,
  progressPercentage: Math.floor(share * 100),
});

interface BackfillPlace {
  readonly pipeline: PipelineKey;
  readonly partitions: number;
  readonly active: ActiveFeatures;
  /** Hash of the wanted features. */
  readonly wanted: string;
}

/** Rejects as the store does. */
export async function readBackfill(
  store: Pick<ProfileStore, 'read'>,
  { pipeline, partitions, active, wanted }: BackfillPlace,
): Promise<BackfillProgress> {
  const at = async (partition: number, slot: 0 | 1) =>
    (await store.read(statesTag(pipeline, partition, slot), [])).watermark;
  const parts = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const computed = await at(partition, otherSlot(active.slot));
      return partOf(await at(partition, active.slot), computed, wanted);
    }),
  );
  const total = sum(parts.map((part) => part.total));
  return {
    definition: wanted,
    share: total === 0 ? 1 : sum(parts.map((part) => part.done)) / total,
    isComplete: parts.every((part) => part.isComplete),
  };
}

function partOf(live: Watermark | undefined, computed: Watermark | undefined, wanted: string) {
  if (live === undefined) return { total: 0, done: 0, isComplete: true };
  const total = live.offset + 1;
  const isComplete = computed?.definition === wanted;
  const isOwn = isComplete || computed?.definition === backfillMark(wanted);
  return { total, done: isOwn ? Math.min(total, computed!.offset + 1) : 0, isComplete };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
