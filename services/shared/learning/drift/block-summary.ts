/** One record of the stream `signals`: what a replica of feature saw in one block of one partition. Sums, so they add up. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';
import { pairedCountsSchema } from './paired-counts.ts';

/** A block holds so many offsets at most, from a multiple of it; and it ends early at so many events. */
export const blockSize = 1000;

const count = z.int().min(0);

/** Of one input: values by bin of the baseline, as pairs [bin, values] of the bins that have any. */
const inputSchema = z.strictObject({ bins: z.array(count), missing: count });

const qualitySchema = z.strictObject({
  /** Sampled events of which the model could have said that they come. */
  questions: count,
  /** Questions whose item was among the model's first ten. */
  hits: count,
  /** The same of the ten most popular items. */
  popularityHits: count,
});

const modelSchema = z.strictObject({
  model: z.string().min(1),
  version: z.string().min(1),
  digest: z.string().min(1),
  /** Of the message `active` by which it is watched. */
  generation: count,
  /** LogAppendTime of the first record that was looked at through it in this block, milliseconds since 1970. */
  began: z.number().optional(),
  /** Events that were looked at. */
  sampled: count,
  quality: qualitySchema,
  inputs: z.record(z.string(), inputSchema),
  /** Absent: no other model was on trial, or none was asked. */
  trial: pairedCountsSchema.optional(),
});

const summarySchema = z.strictObject({
  format: z.literal(1),
  partition: count,
  /** First and last offset of `events-clean` that it covers. */
  from: count,
  to: count,
  /** LogAppendTime of the last record, milliseconds since 1970. */
  timestamp: z.number(),
  /** Lines in these records. */
  events: count,
  models: z.array(modelSchema),
});

export type QualityCounts = z.output<typeof qualitySchema>;
export type ModelSummary = z.output<typeof modelSchema>;
export type BlockSummary = z.output<typeof summarySchema>;

export function encodeSummary(summary: BlockSummary): Uint8Array {
  return Buffer.from(JSON.stringify(summary));
}

/** Throws `BadData` with what is wrong. */
export function decodeSummary(bytes: Uint8Array): BlockSummary {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new LikenessError('BadData', 'A summary of a block is no JSON', { cause });
  }
  const parsed = summarySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LikenessError('BadData', `A summary of a block is damaged: ${z.prettifyError(parsed.error)}`);
}

export const noQuality: QualityCounts = { questions: 0, hits: 0, popularityHits: 0 };

export function addQuality(a: QualityCounts, b: QualityCounts): QualityCounts {
  return {
    questions: a.questions + b.questions,
    hits: a.hits + b.hits,
    popularityHits: a.popularityHits + b.popularityHits,
  };
}

/** Counts by bin → pairs of those that are not 0. */
export function toPairs(counts: ArrayLike<number>): number[] {
  const pairs: number[] = [];
  for (let bin = 0; bin < counts.length; bin++) if (counts[bin]! > 0) pairs.push(bin, counts[bin]!);
  return pairs;
}

/** Adds pairs to counts by bin. Throws `BadData` for a bin that there is not: it was counted by another baseline. */
export function addPairs(counts: number[], pairs: readonly number[]): void {
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const bin = pairs[at]!;
    if (bin >= counts.length)
      throw new LikenessError('BadData', `A summary has values in bin ${bin} of ${counts.length}`);
    counts[bin]! += pairs[at + 1]!;
  }
}
