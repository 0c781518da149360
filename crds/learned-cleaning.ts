/** What the cleaner does by what was learned of the events before: fills in, scales, finds outliers. */
import { z } from 'zod';
import { namedList, orderedList, setOf } from './lists.ts';
import { withRules } from './rules.ts';
import { decimal, labelPath, name, ownNumberPath, patterned } from './scalars.ts';

const events = setOf(name, 16, 1).describe('Types of the events that it is for. Absent: every type.').optional();

const imputedPath = patterned(
  128,
  /^(value|quantity|(properties|context)(\.[a-zA-Z0-9_-]+)+)$/,
  'a field that can be filled in: value, quantity, properties.… or context.…',
);

/** What a constant must be where only a number can stand. */
export const numericConstant = /^-?[0-9]{1,9}(\.[0-9]{1,6})?$/;
const celConstant = '^-?[0-9]{1,9}(\\\\.[0-9]{1,6})?$';
const holdsNumber = (field: string): boolean => field === 'value' || field === 'quantity';

const imputeSchema = withRules(
  z.strictObject({
    name: name.describe('Name of the step.'),
    field: imputedPath.describe(
      'The field that is filled in where an event lacks it or has null. A field that the event type requires is ' +
        'refused before.',
    ),
    with: z
      .enum(['Mean', 'Median', 'Mode', 'Last', 'Interpolate', 'Constant'])
      .describe(
        'Mean, Median, Mode: as the model has learned it. Last: the newest known value. Interpolate: by time between ' +
          'the known values around it, at most 8 of them. Constant: always the same.',
      ),
    by: labelPath
      .describe('A field whose values make groups: each group is filled in by its own events. Absent: all are one.')
      .optional(),
    constant: z
      .string()
      .min(1)
      .max(256)
      .describe('With Constant: what is filled in. A decimal number becomes a number, anything else is a text.')
      .optional(),
    events,
  }),
  [
    {
      rule: "(self.with == 'Constant') == has(self.constant)",
      message: 'a constant with Constant, and with nothing else',
      fieldPath: '.constant',
      violations: (step) => ((step.with === 'Constant') === (step.constant !== undefined) ? [] : [['constant']]),
    },
    {
      rule: "self.with != 'Constant' || !has(self.by)",
      message: 'by only where something is learned: not with Constant',
      fieldPath: '.by',
      violations: (step) => (step.with === 'Constant' && step.by !== undefined ? [['by']] : []),
    },
    {
      rule: `!has(self.constant) || !(self.field in ['value', 'quantity']) || self.constant.matches('${celConstant}')`,
      message: 'a decimal number in quotes, such as "0", for value and quantity',
      fieldPath: '.constant',
      violations: ({ field, constant }) =>
        constant === undefined || !holdsNumber(field) || numericConstant.test(constant) ? [] : [['constant']],
    },
  ],
);

const scaleSchema = z.strictObject({
  name: name.describe('Name of the step: the scaled number is in the field scaled.NAME, for features to read.'),
  field: ownNumberPath.describe('The number that is scaled. It stays as it is.'),
  method: z
    .enum(['Standard', 'MinMax', 'Robust', 'Log'])
    .describe(
      'Standard: by mean and deviation. MinMax: the learned range becomes 0 to 1. Robust: by median and quartiles. ' +
        'Log: sign(x) · ln(1 + |x|), for which nothing is learned.',
    ),
  events,
});

const outliersSchema = withRules(
  z.strictObject({
    name: name.describe('Name of the step: the tag, the reason in the metric, or in the detail of the dead letter.'),
    fields: orderedList(ownNumberPath, 8, 1).describe(
      'The numbers that are judged. ZScore and MAD judge each that is there; the others need all of them.',
    ),
    method: z
      .enum(['ZScore', 'MAD', 'IsolationForest', 'DBSCAN'])
      .describe(
        'ZScore: by mean and deviation. MAD: by median and median distance. IsolationForest: what random cuts set ' +
          'apart quickly. DBSCAN: what lies in no dense region.',
      ),
    action: z
      .enum(['Tag', 'Drop', 'DeadLetter'])
      .describe(
        'Tag: goes on, with the tag. Drop: counted and not kept. DeadLetter: kept aside, can be replayed. What is ' +
          'dropped or kept aside is never learned from.',
      ),
    threshold: decimal(0.001, 1000)
      .describe(
        'From where on it is an outlier. ZScore: deviations, 3 by default. MAD: likewise, 3.5. IsolationForest: a ' +
          'score below 1, 0.6. DBSCAN: the radius in deviations, 0.5.',
      )
      .optional(),
    events,
  }),
  [
    {
      rule: "self.method != 'IsolationForest' || !has(self.threshold) || double(self.threshold) < 1.0",
      message: 'a threshold below 1 with IsolationForest',
      fieldPath: '.threshold',
      violations: ({ method, threshold }) =>
        method === 'IsolationForest' && threshold !== undefined && Number(threshold) >= 1 ? [['threshold']] : [],
    },
  ],
);

/** Beside the other fields of `cleaning`. */
export const learnedFields = {
  outliers: namedList(outliersSchema, 16).default([]).describe('Outliers, by what was learned; judged first.'),
  impute: namedList(imputeSchema, 16).default([]).describe('Missing values, filled in by what was learned.'),
  scale: namedList(scaleSchema, 16).default([]).describe('Numbers brought to a common scale, beside the original.'),
};

export const learnedSchema = z.strictObject(learnedFields);

/** What of `cleaning` a model learns for. */
export type LearnedSteps = z.output<typeof learnedSchema>;
export type ImputeStep = LearnedSteps['impute'][number];
export type ScaleStep = LearnedSteps['scale'][number];
export type OutlierStep = LearnedSteps['outliers'][number];

/** Whether any of it waits for a model. */
export function needsModel({ impute, scale, outliers }: LearnedSteps): boolean {
  return (
    outliers.length > 0 ||
    impute.some((step) => step.with !== 'Constant') ||
    scale.some(({ method }) => method !== 'Log')
  );
}
