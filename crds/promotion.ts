/** How a new model goes into service: gate, canary, alarms. */
import { z } from 'zod';
import { decimal, durationSchema, whole } from './scalars.ts';

const alarmsSchema = z.strictObject({
  errorRate: decimal(0, 1)
    .default('0.01')
    .describe('So much greater a share of its answers than of the old model may fail.'),
  latencyP99Ratio: decimal(1, 1000)
    .default('2')
    .describe('The 99th percentile of the time that its answers take may be so many times the old one.'),
  qualityDrop: decimal(0, 1)
    .default('0.2')
    .describe(
      'Of what people do next, it must foresee no less than the old model, less this share of it and less what chance explains.',
    ),
});

export const promotionSchema = z.strictObject({
  policy: z
    .enum(['Auto', 'Manual'])
    .default('Auto')
    .describe('Auto: a model that passes the gate goes into service. Manual: once `likeness promote` says so.'),
  minDelta: decimal(-1, 10)
    .describe(
      'The gate compares NDCG@10 of the candidate and of the model in service on the same questions: the lower 95% bound of ' +
        'the relative difference must not be below this. Absent: -0.01, and 0 where the candidate is of another kind. Of ' +
        'models that classify it is by how much less its log loss is.',
    )
    .optional(),
  segmentFloor: decimal(0, 1)
    .default('0.1')
    .describe('In no segment (by length of the history, by category) may it be worse by more than this share.'),
  latencyBudget: durationSchema
    .default('50ms')
    .describe('The 99th percentile of the time that it takes to score all items for one history.'),
  canaryPercent: whole(1, 100)
    .default(10)
    .describe('Share of the profiles that a new model answers first; 100: all of them at once.'),
  bakeTime: durationSchema
    .default('15m')
    .describe('So long it answers them alone before it answers all; at an alarm the old one comes back.'),
  minAnswers: whole(0, 1_000_000)
    .default(100)
    .describe(
      'So many answers it must have given in that time, or so many questions about what people do next it must have been ' +
        'asked beside at least one answer. Else its trial goes on: after a day fewer will do, but not without any answer, ' +
        'and with policy Manual a person decides. 0: bakeTime alone ends it.',
    ),
  alarms: alarmsSchema.prefault({}).describe('What takes a model back while it is on trial.'),
});

export type PromotionSpec = z.output<typeof promotionSchema>;
