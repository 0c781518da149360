/** How a model on trial answers beside the one before it: both are asked the same questions, so their hits compare. Pure. */
import { z } from 'zod';

const count = z.int().min(0);

/** Of one trial, kept with the model that has proved itself. */
export const pairedCountsSchema = z.strictObject({
  /** The model on trial. */
  version: z.string().min(1),
  digest: z.string().min(1),
  /** Of the message `active` that began the trial. */
  generation: count,
  /** Of events that were ingested since then; each was asked of both. */
  questions: count,
  /** Questions whose item was among the first ten of the model on trial. */
  hits: count,
  /** The same of the model before it. */
  stableHits: count,
});

export type PairedCounts = z.output<typeof pairedCountsSchema>;

/** Adds up what is of the same trial; of two trials the later one is kept. */
export function addPaired(known: PairedCounts | undefined, more: PairedCounts): PairedCounts {
  if (known === undefined || known.generation < more.generation) return more;
  if (known.generation > more.generation || known.digest !== more.digest) return known;
  return {
    ...known,
    questions: known.questions + more.questions,
    hits: known.hits + more.hits,
    stableHits: known.stableHits + more.stableHits,
  };
}
