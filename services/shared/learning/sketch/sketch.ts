/** A sketch: how many values fell into each bin. Constant memory, and a sum, so that parts of a stream add up. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';
import { binCount, binsSchema, locator, type Bins } from './bins.ts';

const count = z.int().min(0);

const sketchSchema = z
  .strictObject({
    bins: binsSchema,
    counts: z.array(count),
    /** Values that were absent, or no number where a number belongs. */
    missing: count,
  })
  .refine(({ bins, counts }) => counts.length === binCount(bins), 'counts must have one number a bin');

export type Sketch = z.output<typeof sketchSchema>;

export function emptySketch(bins: Bins): Sketch {
  return { bins, counts: Array.from<number>({ length: binCount(bins) }).fill(0), missing: 0 };
}

/** What fills one sketch, value by value. */
export interface SketchFiller {
  add(value: unknown): void;
  /** What has been added since the last call; starts anew. */
  take(): Sketch;
}

export function sketchFiller(bins: Bins): SketchFiller {
  const locate = locator(bins);
  let sketch = emptySketch(bins);
  return {
    add(value) {
      const bin = locate(value);
      if (bin < 0) sketch.missing++;
      else sketch.counts[bin]!++;
    },
    take() {
      const taken = sketch;
      sketch = emptySketch(bins);
      return taken;
    },
  };
}

/** Of values in any order and any grouping. Throws `BadData` if the bins differ: such sketches belong to two models. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  if (!sameBins(a.bins, b.bins)) {
    throw new LikenessError('BadData', 'Two sketches have different bins; compare those of one model version only');
  }
  return {
    bins: a.bins,
    counts: a.counts.map((count, bin) => count + b.counts[bin]!),
    missing: a.missing + b.missing,
  };
}

export function sameBins(a: Bins, b: Bins): boolean {
  if (a === b) return true;
  const [left, right] = [marks(a), marks(b)];
  return a.kind === b.kind && left.length === right.length && left.every((mark, at) => mark === right[at]);
}

function marks(bins: Bins): readonly (number | string)[] {
  return bins.kind === 'numeric' ? bins.edges : bins.categories;
}

/** A sketch is JSON as it stands; this reads one back. Throws `BadData` with what is wrong. */
export function parseSketch(json: unknown): Sketch {
  const parsed = sketchSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new LikenessError('BadData', `A sketch is damaged: ${z.prettifyError(parsed.error)}`);
}
