/** A verdict of drift, as it is reported: the newest is what sets a training off. */
import { z } from 'zod';
import { pairedCountsSchema, type PairedCounts } from './paired-counts.ts';

/** So many are kept and reported. */
export const keptVerdicts = 16;

export const verdictSchema = z.strictObject({
  /** Offset in the stream `signals` of the summary that led to it; rises. */
  id: z.string().regex(/^\d{1,16}$/),
  model: z.string(),
  version: z.string(),
  /** The metric of inputs, such as PSI, or `HDDM_A+ADWIN` of quality. */
  detector: z.string(),
  /** The input to blame, or `quality`. */
  feature: z.string(),
  /** Of inputs by the metric; of quality the rate of misses after the change. */
  score: z.number(),
  /** Of quality: the rate of misses before the change. */
  before: z.number().optional(),
  /** LogAppendTime of the block's last record, milliseconds since 1970. */
  time: z.number(),
  /** The estimate of when the change came, on the same clock: a new model learns from the events ingested since then. */
  changedAt: z.number().min(0).max(8.64e15).optional(),
});

export type Verdict = z.output<typeof verdictSchema>;

/** What the last look at a model came to, for status and metrics. */
export interface DriftStanding {
  readonly model: string;
  readonly version: string;
  /** Milliseconds since 1970: the newest event looked at. */
  readonly evaluatedAt: number;
  /** The input that has moved away furthest in the last full window; absent before the first. */
  readonly worst?: { readonly feature: string; readonly score: number; readonly windows: number };
  /** Of each input in that window. */
  readonly scores?: Readonly<Record<string, number>>;
  /** Of the last questions, at least some hundred where there were so many. */
  readonly hitRate?: number;
  readonly popularityHitRate?: number;
  /** Of the last model that was on trial beside it; absent while none has been asked. */
  readonly trial?: PairedCounts;
}

/** What the monitor tells whoever decides on trainings. */
export interface DriftReport {
  /** The last 16, oldest first. */
  readonly verdicts: readonly Verdict[];
  readonly standings: readonly DriftStanding[];
}

const standingSchema = z.object({
  model: z.string(),
  version: z.string(),
  evaluatedAt: z.number(),
  worst: z.object({ feature: z.string(), score: z.number(), windows: z.number() }).optional(),
  scores: z.record(z.string(), z.number()).optional(),
  hitRate: z.number().optional(),
  popularityHitRate: z.number().optional(),
  trial: pairedCountsSchema.optional(),
});

const reportSchema = z.object({
  verdicts: z.array(verdictSchema).max(keptVerdicts),
  standings: z.array(standingSchema).max(8),
});

/** From JSON that somebody else wrote; undefined: it is no report. */
export function readReport(text: string): DriftReport | undefined {
  try {
    const parsed = reportSchema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as DriftReport) : undefined;
  } catch {
    return undefined;
  }
}
