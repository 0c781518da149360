/** When something came that is known to lie so many questions or events back: from the times at which blocks ended. Pure. */
import { z } from 'zod';

const count = z.int().min(0);

/** The last blocks of a model, oldest first; `to` is the LogAppendTime of the block's last record. */
export const passedSchema = z.array(z.strictObject({ questions: count, sampled: count, to: z.number() }));

export type PassedBlock = z.output<typeof passedSchema>[number];

/** How far back, in one of the two. */
export type Back = { readonly questions: number } | { readonly sampled: number };

/** Detectors look no further back than some ten thousand values; and a list is stored with every commit. */
const keptValues = 20_000;
const keptBlocks = 500;

/** With one more block, without those that are too old to be asked for. */
export function withPassed(passed: readonly PassedBlock[], block: PassedBlock): PassedBlock[] {
  // Those of several partitions come in no strict order.
  const to = Math.max(block.to, passed.at(-1)?.to ?? 0);
  const all = [...passed, { ...block, to }].slice(-keptBlocks);
  let [first, questions, sampled] = [all.length - 1, 0, 0];
  for (; first > 0 && (questions < keptValues || sampled < keptValues); first--) {
    questions += all[first]!.questions;
    sampled += all[first]!.sampled;
  }
  return all.slice(first);
}

/**
 * Milliseconds since 1970, interpolated within the block in which it lies. What lies further back than the list goes came
 * with its oldest block, at the latest. undefined: nothing has passed.
 */
export function timeBack(passed: readonly PassedBlock[], back: Back): number | undefined {
  const [name, wanted] =
    'questions' in back ? (['questions', back.questions] as const) : (['sampled', back.sampled] as const);
  let left = wanted;
  for (let at = passed.length - 1; at > 0; at--) {
    const [block, before] = [passed[at]!, passed[at - 1]!];
    const own = block[name];
    if (left <= own && own > 0) return Math.round(block.to - (left / own) * (block.to - before.to));
    left -= own;
  }
  return passed[0]?.to;
}
