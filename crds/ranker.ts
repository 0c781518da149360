/** The ranker of a model that recommends: a neural network over the history, beside sequential rules and EASE. */
import { z } from 'zod';
import { namedList, setOf } from './lists.ts';
import { decimal, name, whole, wholeSeconds } from './scalars.ts';

const labelSchema = z.strictObject({
  name: name.describe('Name of the label.'),
  events: setOf(name, 16, 1).describe('Types of the events that are to follow; only those of an item count.'),
  within: wholeSeconds.default('24h').describe('So soon after a step of the history.'),
});

const headsSchema = z.strictObject({
  weight: decimal(0, 10)
    .default('0.2')
    .describe('What all of them together weigh in the loss, where the next item weighs 1.'),
  propensity: namedList(labelSchema, 8)
    .default([])
    .describe('How likely an event is to follow: one output a label (binary cross-entropy).'),
  nextCategory: z.boolean().default(false).describe('The category of the next item (cross-entropy).'),
  timeToNext: z
    .boolean()
    .default(false)
    .describe('The time until the next item, by its logarithm (mean squared error).'),
});

export const rankerSpecSchema = z.strictObject({
  kind: z
    .enum(['SelfAttention'])
    .default('SelfAttention')
    .describe('SelfAttention: one block of attention over the newest steps (SASRec), with sampled softmax.'),
  dimension: whole(8, 256).default(64).describe('Numbers of an embedding, and of each layer.'),
  length: whole(2, 200).default(50).describe('Reads the newest so many steps of a history.'),
  negatives: whole(1, 8192).default(256).describe('Items that each next item is held against, drawn anew each batch.'),
  learningRate: decimal(0.000001, 1).default('0.001').describe("Adam's step."),
  dropout: decimal(0, 0.9).default('0.2').describe('Share of the numbers of each layer that is left out in training.'),
  l1: decimal(0, 1).default('0').describe('Penalty on the size of embeddings and kernels.'),
  l2: decimal(0, 1).default('0.000001').describe('Penalty on the squares of embeddings and kernels.'),
  epochs: whole(1, 1000).default(30).describe('Passes over the histories, at most.'),
  patience: whole(1, 100)
    .default(3)
    .describe('Training stops after so many passes without a better NDCG on the events before the hold-out.'),
  adversarial: z
    .strictObject({
      epsilon: decimal(0, 10)
        .default('0')
        .describe('Length of the step on the embeddings, along the gradient of the loss (FGM). 0: none.'),
    })
    .prefault({})
    .describe('Trains on embeddings that were made harder, too; a batch takes twice as long.'),
  heads: headsSchema.prefault({}).describe('What the same network is to foresee beside the next item.'),
  search: z
    .strictObject({
      trials: whole(1, 81)
        .default(1)
        .describe(
          'So many settings are tried: those above, and seeded random ones around them. One in three goes on to three ' +
            'times the epochs. 1: no search.',
        ),
    })
    .prefault({})
    .describe('Looks for a better learningRate, dropout, l2 and number of negatives.'),
});

export type RankerSpec = z.output<typeof rankerSpecSchema>;
