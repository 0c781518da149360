/** The baseline that a model ships with: what its inputs and answers looked like, and how good it was, on training data. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';
import { jsonBytes, parseFile } from '../model.ts';
import { categoricalBins, numericBins } from '../sketch/bins.ts';
import { parseSketch, sketchFiller, type Sketch } from '../sketch/sketch.ts';
import { quantileOf } from '../statistics/quantiles.ts';

export const baselineFile = 'baseline.json';

/** Of fewer values a baseline would move by chance as far as drift does. */
export const leastValues = 500;
/** The newest so much of a sample is what a model is compared with; but not fewer than so many. */
const newestShare = 0.2;
const leastNewest = 2000;
/** Further categories are one bin: each bin adds to what a window moves by chance. */
const mostCategories = 20;

export interface Baseline {
  /** By name of the input; an input without enough values is not watched. */
  readonly inputs: Readonly<Record<string, Sketch>>;
  /** On the hold-out, by models that had seen none of it, asked as live (`liveQuestions`); absent where nothing was asked. */
  readonly hitRate?: number | undefined;
  readonly popularityHitRate?: number | undefined;
  /** So many questions of the hold-out; artifacts of earlier versions do not say. */
  readonly questions?: number | undefined;
}

const rate = z.number().min(0).max(1).optional();
const fileSchema = z.strictObject({
  format: z.literal(1),
  inputs: z.record(z.string(), z.unknown()),
  hitRate: rate,
  popularityHitRate: rate,
  questions: z.int().min(1).optional(),
});

export function encodeBaseline(baseline: Baseline): Uint8Array {
  return jsonBytes({ format: 1, ...baseline });
}

/** undefined: the artifact has none, and nothing but quality is watched. Throws `ModelInvalid` if it is damaged. */
export function decodeBaseline(files: ReadonlyMap<string, Uint8Array>): Baseline | undefined {
  if (!files.has(baselineFile)) return undefined;
  const { format: _format, inputs, ...holdOut } = parseFile(files, baselineFile, fileSchema);
  try {
    return {
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, sketch]) => [name, parseSketch(sketch)])),
      ...holdOut,
    };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new LikenessError('ModelInvalid', `${baselineFile}: ${message}`, { cause });
  }
}

/** So many of that many in a sample are its newest part. */
export function newestCount(sampled: number): number {
  return Math.max(leastNewest, Math.ceil(sampled * newestShare));
}

export interface InputColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** In any order; undefined where an event has none. */
  readonly values: readonly unknown[];
}

/** Of each input that has enough values the sketch; the order of the values makes no difference. */
export function sketchColumns(columns: readonly InputColumn[]): Record<string, Sketch> {
  const sketches: Record<string, Sketch> = {};
  for (const { name, kind, values } of columns) {
    const present = values.filter((value) => value !== undefined);
    if (present.length < leastValues) continue;
    const filler = sketchFiller(kind === 'numeric' ? binsOfNumbers(present) : binsOfCategories(present));
    for (const value of values) filler.add(value);
    sketches[name] = filler.take();
  }
  return sketches;
}

function binsOfNumbers(values: readonly unknown[]) {
  const sorted = Float64Array.from(
    values.filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[],
  ).sort();
  return numericBins((fraction) => quantileOf(sorted, fraction));
}

function binsOfCategories(values: readonly unknown[]) {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return categoricalBins(counts, mostCategories);
}
