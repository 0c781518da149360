/** A ranker in an artifact: what `model.json` says of it, and its weights in `ranker.weights`. */
import { z } from 'zod';
import type { ItemIndex } from '../item-index.ts';
import { Ranker } from './ranker.ts';
import { decodeWeights, encodeWeights } from './shape.ts';

export const rankerFile = 'ranker.weights';

/** `weight`: of its scores beside the blend's; absent where it answers alone. */
export const rankerSchema = z.strictObject({
  dimension: z.int().min(1).max(1024),
  length: z.int().min(1).max(1024),
  labels: z.array(z.string().min(1)).max(8),
  categories: z.array(z.string()).max(256),
  timeToNext: z.boolean(),
  weight: z.number().min(0).optional(),
});

export type DescribedRanker = z.output<typeof rankerSchema>;

export function describeRanker({ shape }: Ranker, weight?: number): DescribedRanker {
  const { items: _items, ...described } = shape;
  return {
    ...described,
    labels: [...described.labels],
    categories: [...described.categories],
    ...(weight !== undefined && { weight }),
  };
}

export const encodeRanker = ({ shape, weights }: Ranker): Uint8Array => encodeWeights(shape, weights);

/** Throws `ModelInvalid`, naming `file`. */
export function decodeRanker(file: string, bytes: Uint8Array, described: DescribedRanker, items: ItemIndex): Ranker {
  const { weight: _weight, ...own } = described;
  const shape = { ...own, items: items.size };
  return new Ranker(items, shape, decodeWeights(file, bytes, shape));
}
