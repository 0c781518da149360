/** The watches of one model in service, from block to block: its inputs and answers by windows, its quality by questions. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';
import { compareSketches, type SketchDistances } from '../sketch/compare.ts';
import type { Sketch } from '../sketch/sketch.ts';
import type { Baseline } from './baseline.ts';
import { addPairs, addQuality, noQuality, type ModelSummary, type QualityCounts } from './block-summary.ts';
import { resumeInputWatch, scoreOf, startInputWatch, storedInputWatch, type InputWatchOptions } from './input-watch.ts';
import { pairedCountsSchema } from './paired-counts.ts';
import { passedSchema, type Back } from './passed-blocks.ts';
import { promisedQuality } from './promised-quality.ts';
import { resumeProposeConfirm, startProposeConfirm, storedProposeConfirm } from './propose-confirm.ts';
import { spreadErrors } from './spread-errors.ts';
import type { DriftStanding } from './verdict.ts';

/** Inputs are compared with the baseline by so many sampled events: fewer move by chance alone. */
const windowEvents = 1000;
/** After a verdict a model gets no other for so many windows; if it still serves by then, it is looked at afresh. */
export const quietWindows = 10;
/** The hit rate that is shown is of so many of the last questions, up to twice as many. */
const shownQuestions = 500;

const qualityDetector = 'HDDM_A+ADWIN';
const qualityFeature = 'quality';

const count = z.int().min(0);
const qualitySchema = z.strictObject({ questions: count, hits: count, popularityHits: count });

export const modelWatchSchema = z.strictObject({
  version: z.string(),
  digest: z.string(),
  generation: count,
  /** The window that is being filled. */
  sampled: count,
  inputs: z.record(z.string(), z.strictObject({ counts: z.array(count), missing: count })),
  inputWatch: storedInputWatch,
  quality: storedProposeConfirm,
  shown: z.strictObject({ last: qualitySchema, current: qualitySchema }),
  passed: passedSchema,
  /** Of the last trial of another model beside it. */
  trial: pairedCountsSchema.optional(),
  /** Of the last window, by input. */
  scores: z.record(z.string(), z.number()),
  worst: z.strictObject({ feature: z.string(), score: z.number(), windows: count }).optional(),
  /** Absent: it got no verdict yet, or none that still counts. */
  verdict: z
    .strictObject({
      windows: count,
      /** Of quality: the rate of misses that is no better than before the training. */
      lasting: z.number().optional(),
      since: qualitySchema,
    })
    .optional(),
});

export type ModelWatch = z.output<typeof modelWatchSchema>;

/** What one summary leads to, before it has an id. */
export interface Found {
  readonly detector: string;
  readonly feature: string;
  readonly score: number;
  readonly before?: number;
  /** How far back the change lies, by the best estimate; absent where there is none. */
  readonly back?: Back;
}

export function startModelWatch(
  of: Pick<ModelSummary, 'version' | 'digest' | 'generation'>,
  options: InputWatchOptions,
  baseline?: Baseline,
) {
  const { version, digest, generation } = of;
  return {
    version,
    digest,
    generation,
    sampled: 0,
    inputs: {},
    inputWatch: startInputWatch(options).store(),
    quality: promisedQuality(baseline),
    shown: { last: noQuality, current: noQuality },
    passed: [],
    scores: {},
  } satisfies ModelWatch;
}

/**
 * Takes the part of a block that is about this model into `watch`, changing it. At most one verdict. Throws `BadData`, and
 * changes nothing, if the part was counted by another baseline.
 */
export function updateModelWatch(
  watch: ModelWatch,
  summary: ModelSummary,
  baseline: Baseline | undefined,
  options: InputWatchOptions,
): Found | undefined {
  const sketches = baseline?.inputs ?? {};
  checkBins(summary, sketches);
  const found = [updateQuality(watch, summary.quality), updateInputs(watch, summary, sketches)].find(
    (each) => each !== undefined,
  );
  if (found === undefined || watch.verdict !== undefined) return renewed(watch, options);
  watch.verdict = { windows: 0, since: noQuality, ...(found.before !== undefined && { lasting: middle(found) }) };
  return found;
}

export function standingOf(model: string, watch: ModelWatch, evaluatedAt: number): DriftStanding {
  const { version, worst, shown, scores, trial } = watch;
  const { questions, hits, popularityHits } = addQuality(shown.last, shown.current);
  return {
    model,
    version,
    evaluatedAt,
    ...(worst && { worst, scores }),
    ...(trial && { trial }),
    ...(questions > 0 && { hitRate: hits / questions, popularityHitRate: popularityHits / questions }),
  };
}

function checkBins({ inputs, model }: ModelSummary, sketches: Readonly<Record<string, Sketch>>): void {
  for (const [name, { bins }] of Object.entries(inputs)) {
    const known = Object.hasOwn(sketches, name) ? sketches[name]!.counts.length : undefined;
    const last = bins.length > 0 ? bins.at(-2)! : -1;
    if (known !== undefined && last >= known)
      throw new LikenessError('BadData', `A summary of ${model} has values in bin ${last} of ${known} of ${name}`);
  }
}

function updateQuality(watch: ModelWatch, quality: QualityCounts): Found | undefined {
  const { questions, hits } = quality;
  const detector = resumeProposeConfirm(watch.quality);
  let found: Found | undefined;
  let left = questions;
  for (const error of spreadErrors(questions - hits, questions)) {
    left--;
    const verdict = detector.update(error);
    if (verdict.kind !== 'drift') continue;
    const { before, after, ago } = verdict;
    found = {
      detector: qualityDetector,
      feature: qualityFeature,
      score: after,
      before,
      back: { questions: ago + left },
    };
  }
  watch.quality = detector.store();
  const current = addQuality(watch.shown.current, quality);
  const isFull = current.questions >= shownQuestions;
  watch.shown = isFull ? { last: current, current: noQuality } : { ...watch.shown, current };
  if (watch.verdict !== undefined) watch.verdict.since = addQuality(watch.verdict.since, quality);
  return found;
}

function updateInputs(
  watch: ModelWatch,
  { sampled, inputs }: ModelSummary,
  sketches: Readonly<Record<string, Sketch>>,
): Found | undefined {
  for (const [name, { bins, missing }] of Object.entries(inputs)) {
    // A name may be that of a member that every object has.
    if (!Object.hasOwn(sketches, name)) continue;
    const sketch = sketches[name]!;
    const known = Object.hasOwn(watch.inputs, name) ? watch.inputs[name] : undefined;
    const filling = known ?? { counts: sketch.counts.map(() => 0), missing: 0 };
    watch.inputs[name] = filling;
    addPairs(filling.counts, bins);
    filling.missing += missing;
  }
  watch.sampled += sampled;
  return watch.sampled >= windowEvents ? closeWindow(watch, sketches) : undefined;
}

function closeWindow(watch: ModelWatch, sketches: Readonly<Record<string, Sketch>>): Found | undefined {
  const distances = new Map<string, SketchDistances | undefined>();
  for (const [name, { counts, missing }] of Object.entries(watch.inputs)) {
    const baseline = sketches[name]!;
    distances.set(name, compareSketches(baseline, { bins: baseline.bins, counts, missing }));
  }
  [watch.sampled, watch.inputs] = [0, {}];
  if (watch.verdict !== undefined) watch.verdict.windows++;
  const detector = resumeInputWatch(watch.inputWatch);
  const { kind, worst } = detector.update(distances);
  watch.inputWatch = detector.store();
  if (worst !== undefined) watch.worst = { ...worst };
  const { metric } = watch.inputWatch.options;
  watch.scores = scoresOf(distances, metric);
  if (kind !== 'drift' || worst === undefined) return undefined;
  return {
    detector: metric,
    feature: worst.feature,
    score: worst.score,
    back: { sampled: worst.windows * windowEvents },
  };
}

function scoresOf(
  distances: ReadonlyMap<string, SketchDistances | undefined>,
  metric: ModelWatch['inputWatch']['options']['metric'],
): Record<string, number> {
  const scores: Record<string, number> = {};
  for (const [name, of] of distances) {
    const score = of && scoreOf(of, metric);
    if (score !== undefined) scores[name] = score;
  }
  return scores;
}

/** Once the quiet time is over: whether quality has stayed bad, and both watches begin anew. */
function renewed(watch: ModelWatch, options: InputWatchOptions): Found | undefined {
  const { verdict } = watch;
  if (verdict === undefined || verdict.windows < quietWindows) return undefined;
  const { since, lasting } = verdict;
  watch.inputWatch = startInputWatch(options).store();
  watch.quality = startProposeConfirm().store();
  watch.verdict = undefined;
  const misses = since.questions === 0 ? 0 : 1 - since.hits / since.questions;
  if (lasting === undefined || misses < lasting) return undefined;
  watch.verdict = { windows: 0, since: noQuality, lasting };
  return { detector: qualityDetector, feature: qualityFeature, score: misses, before: 2 * lasting - misses };
}

const middle = ({ score, before = score }: Found): number => (score + before) / 2;
