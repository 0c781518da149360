/** Models, and when and how they are trained. */
import { z } from 'zod';
import { classifySchema, oneTask } from './classify.ts';
import { driftFields, driftIsWatched } from './drift.ts';
import { jobFields } from './gpu.ts';
import { namedList, setOf } from './lists.ts';
import { promotionSchema } from './promotion.ts';
import { rankerSpecSchema } from './ranker.ts';
import { withRules } from './rules.ts';
import { refreshSchema } from './refresh.ts';
import { skewSchema } from './skew.ts';
import { attributeName, decimal, durationSchema, name, patterned, whole } from './scalars.ts';

const retrievalSchema = z.strictObject({
  window: whole(1, 50).default(10).describe('Sequential rules look so many items back.'),
  decay: decimal(0.01, 1).default('0.8').describe('An item j steps back in the history weighs this to the power j.'),
  regularization: decimal(0.001, 1_000_000).default('200').describe("EASE's L2 regularisation."),
  maxItems: whole(100, 20_000)
    .default(12_500)
    .describe('EASE learns from the items with most events, at most so many; its time grows with the cube of this.'),
});

const recommendSchema = z.strictObject({
  history: attributeName.describe("Name of the sequence feature that holds a profile's history."),
  target: setOf(name, 16, 1).describe('Types of the events that the model is to foresee.'),
  retrieval: retrievalSchema.prefault({}).describe('Sequential rules and EASE, blended by what a hold-out says.'),
  ranker: rankerSpecSchema
    .describe(
      'A neural network over the history, trained beside them. It answers, alone or blended with them, where it is ' +
        'better for certain. Absent: there is none. `{}`: with the defaults.',
    )
    .optional(),
});

const modelSchema = withRules(
  z.strictObject({
    name: name.describe('Name of the model.'),
    recommend: recommendSchema.describe('Recommends the items that a profile is likely to want next.').optional(),
    classify: classifySchema.describe('Says how likely it is that an event comes soon.').optional(),
  }),
  [oneTask],
);

export const modelsSchema = namedList(modelSchema, 8).default([]);

type Models = z.output<typeof modelsSchema>;

/** Whether a training of them computes with tensors, as rankers and neural networks that classify do. */
export const needsTensors = (models: Models): boolean =>
  models.some(
    ({ recommend, classify }) =>
      recommend?.ranker !== undefined || classify?.kind === 'Auto' || classify?.kind === 'Mlp',
  );

/** The fields alone, without the rules between them. */
export const retrainFields = z.strictObject({
  mode: z
    .enum(['Never', 'OnGrowth', 'OnSchedule', 'OnDrift'])
    .default('OnGrowth')
    .describe(
      'What sets a training off once there is a model. Never: nothing. OnGrowth: the log of clean events has grown. ' +
        'OnSchedule: the time has come. OnDrift: a verdict of drift has been given, or there is so much more to learn ' +
        'from since the last change, or since the start, as growth says. A first model ' +
        'and `likeness retrain` need none of them.',
    ),
  growth: decimal(1.05, 1000)
    .default('2')
    .describe(
      'With OnGrowth: train again once the log of clean events has so many times the records it had when the last ' +
        'model was trained. With OnDrift: the same, after a drift of the time since the change.',
    ),
  schedule: patterned(
    128,
    /^[0-9*,/A-Za-z-]+( +[0-9*,/A-Za-z-]+){4}$/,
    'a cron schedule of five fields, such as "0 3 * * *": minute, hour, day, month, weekday',
  )
    .describe('With OnSchedule: when, as a cron schedule of five fields, such as "0 3 * * *".')
    .optional(),
  timeZone: patterned(
    64,
    /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/,
    'the name of a time zone, such as Europe/Berlin',
  )
    .describe('With OnSchedule: whose clock the schedule is of, such as Europe/Berlin. Absent: UTC.')
    .optional(),
  cooldown: durationSchema
    .default('10s')
    .describe('The least time between the starts of two trainings. `likeness retrain` does not wait for it.'),
  maxPerDay: whole(1, 96)
    .default(24)
    .describe('At most so many trainings in 24 hours. `likeness retrain` counts, and is not refused.'),
  ...driftFields,
});

const retrainSchema = withRules(retrainFields, [
  {
    // The API server asks about the default `{}` too, before any field of it is filled in.
    rule: "!has(self.mode) || self.mode != 'OnSchedule' || has(self.schedule)",
    message: 'a schedule with mode OnSchedule',
    fieldPath: '.schedule',
    violations: ({ mode, schedule }) => (mode === 'OnSchedule' && schedule === undefined ? [['schedule']] : []),
  },
  {
    rule: "!has(self.schedule) || (has(self.mode) && self.mode == 'OnSchedule')",
    message: 'schedule only with mode OnSchedule',
    fieldPath: '.schedule',
    violations: ({ mode, schedule }) => (mode !== 'OnSchedule' && schedule !== undefined ? [['schedule']] : []),
  },
  {
    rule: '!has(self.timeZone) || has(self.schedule)',
    message: 'timeZone only with a schedule',
    fieldPath: '.timeZone',
    violations: ({ timeZone, schedule }) => (timeZone !== undefined && schedule === undefined ? [['timeZone']] : []),
  },
  driftIsWatched,
]);

export const trainingSchema = z.strictObject({
  minEvents: whole(10, 1_000_000_000)
    .default(500)
    .describe('No model is trained from fewer events; until then the most popular items are recommended.'),
  holdout: z
    .strictObject({
      fraction: decimal(0.01, 0.5).default('0.1').describe('Share of the events, the newest, that judges the model.'),
    })
    .prefault({})
    .describe('What a model is judged by: it is trained on the time before.'),
  retrain: retrainSchema.prefault({}).describe('When a new model is trained.'),
  refresh: refreshSchema.prefault({}).describe('What a training reads: everything, or what is new since the last one.'),
  skew: skewSchema.prefault({}).describe('How it is told whether serving and training see the same values.'),
  promotion: promotionSchema
    .prefault({})
    .describe(
      'How a new model goes into service: what the gate asks of it, and how it is tried before it answers all.',
    ),
  ...jobFields,
});
