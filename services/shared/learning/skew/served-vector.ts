/** What a model was given when it answered, and from which state: a sampled share of answers says it in `predictions`. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { EventDefinition } from '../../../../crds/pipeline.ts';
import { canonicalJson } from '../../canonical-json.ts';
import type { CompiledFeatures } from '../../profile/compile.ts';

const servedVectorSchema = z.object({
  /** The moment whose values these are, milliseconds since 1970. */
  at: z.number(),
  /** `definitionOfValues`: under another one the same events give other values. */
  definition: z.string(),
  /**
   * Each key that was read, with the watermark of its partition at that read: its state contains the partition's records
   * up to this offset, itself included, and no others. Keys that had no state yet are among them.
   */
  read: z.array(z.object({ profile: z.string(), partition: z.int().min(0), offset: z.int().min(0) })).min(1),
  /** Whom it was for. */
  profile: z.string(),
  /** By feature. */
  values: z.record(z.string(), z.unknown()),
});

export type ServedVector = z.output<typeof servedVectorSchema>;

/** Hash over everything beside events that values come from: feature definitions, the code of their kinds, and weights. */
export function definitionOfValues({ stamp, ratios }: CompiledFeatures, events: readonly EventDefinition[]): string {
  const weights = events.map(({ name, weight }) => [name, weight]);
  const text = canonicalJson([stamp, ratios.map(({ definition }) => definition), weights]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Of a line of `predictions`; undefined where it holds none. */
export function readServedVector(line: string): ServedVector | undefined {
  if (!line.includes('"served":')) return undefined;
  try {
    const { served } = JSON.parse(line) as { served?: unknown };
    return servedVectorSchema.safeParse(served).data;
  } catch {
    return undefined;
  }
}
