/** Models, and when and how they are trained. */
import { z } from 'zod';
import { jobFields } from './gpu.ts';
import { namedList, setOf } from './lists.ts';
import { attributeName, decimal, durationSchema, name, whole } from './scalars.ts';

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
});

const modelSchema = z.strictObject({
  name: name.describe('Name of the model.'),
  recommend: recommendSchema.describe('Recommends the items that a profile is likely to want next.'),
});

export const modelsSchema = namedList(modelSchema, 8).default([]);

const retrainSchema = z.strictObject({
  mode: z
    .enum(['Never', 'OnGrowth'])
    .default('OnGrowth')
    .describe('Never: only the first model. OnGrowth: again as the log of clean events grows.'),
  growth: decimal(1.05, 1000)
    .default('2')
    .describe(
      'Train again once the log of clean events has so many times the records it had when the last model was trained.',
    ),
  cooldown: durationSchema.default('10s').describe('The least time between two trainings.'),
  maxPerDay: whole(1, 96).default(24).describe('At most so many trainings in 24 hours.'),
});

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
  ...jobFields,
});
