/** How drift is watched for: the fields of the spec, and what the status says of it. */
import { z } from 'zod';
import type { Rule } from './rules.ts';
import { decimal, whole } from './scalars.ts';

/** Fields of `training.retrain`. */
export const driftFields = {
  driftMetric: z
    .enum(['PSI', 'JensenShannon', 'KolmogorovSmirnov', 'Wasserstein', 'ChiSquare'])
    .default('PSI')
    .describe(
      'How far inputs and predictions have moved from those that the model in service was trained on. PSI: population ' +
        'stability index, over tenths of the training data. JensenShannon: distance to base 2 over the same. ' +
        'KolmogorovSmirnov and Wasserstein: of numbers alone, the latter in units of the middle eight tenths of the ' +
        "training data. ChiSquare: Cramér's V of the two, from 0 to 1.",
    ),
  threshold: decimal(0.001, 1000)
    .default('0.2')
    .describe('With driftMetric: from here on a window counts as moved away.'),
  consecutiveWindows: whole(1, 1000)
    .default(3)
    .describe(
      'So many windows of one input in a row that have moved away are a verdict of drift. A window is 1,000 sampled events.',
    ),
  sampleShare: decimal(0, 1)
    .default('0.02')
    .describe(
      'Share of the events at which the model in service is watched: what it is asked and would answer, and whether the ' +
        'item that came was among its first ten. More is found sooner, and costs more. "0": no model is watched.',
    ),
} as const;

/** Of `training.retrain`: a verdict that nobody gives would be waited for in vain. */
export const driftIsWatched: Rule<{ readonly mode: string; readonly sampleShare: string }> = {
  rule: "!has(self.mode) || self.mode != 'OnDrift' || !has(self.sampleShare) || double(self.sampleShare) > 0.0",
  message: 'sampleShare above "0" with mode OnDrift',
  fieldPath: '.sampleShare',
  violations: ({ mode, sampleShare }) => (mode === 'OnDrift' && Number(sampleShare) <= 0 ? [['sampleShare']] : []),
};

interface Watched {
  readonly models: readonly unknown[];
  readonly training: { readonly retrain: { readonly sampleShare: string } };
}

/** Whether feature looks at events through the models in service. */
export function watchesModels({ models, training }: Watched): boolean {
  return Number(training.retrain.sampleShare) > 0 && models.length > 0;
}

const text = (maxLength: number) => z.string().max(maxLength);
const time = () => text(64).meta({ format: 'date-time' });
const count = () => z.int().min(0).max(2_147_483_647);

export const driftStatusSchema = z.strictObject({
  score: text(32)
    .describe('How far the input below is from the training data, by driftMetric, in the last window.')
    .optional(),
  feature: text(64).describe('The input that has moved away furthest, or quality.').optional(),
  detector: text(64).describe('What gave the last verdict: a driftMetric, or HDDM_A+ADWIN of quality.').optional(),
  verdict: text(64).describe('Id of the last verdict of drift.').optional(),
  verdictTime: time().describe('When it was given.').optional(),
  model: text(128).describe('Version of the model that is watched.').optional(),
  hitRate: text(32).describe('Share of the last sampled events whose item was among the first ten.').optional(),
  windowsAboveThreshold: count().describe('Windows in a row in which the input has moved away.').optional(),
  lastEvaluatedTime: time().describe('When the last window was looked at.').optional(),
  cooldownUntil: time().describe('No verdict sets off a training before; it may be over.').optional(),
  retrainsToday: count().describe('Trainings begun within 24 hours, of retrain.maxPerDay.').optional(),
});

export type DriftStatus = z.output<typeof driftStatusSchema>;
