/** Models that say how likely an event is to come: what they foresee, and what they learn it from. */
import { z } from 'zod';
import { setOf } from './lists.ts';
import type { Rule } from './rules.ts';
import { attributeName, name, wholeSeconds, whole } from './scalars.ts';

const labelSchema = z.strictObject({
  events: setOf(name, 16, 1).describe('Types of the events that the model is to foresee.'),
  within: wholeSeconds
    .default('24h')
    .describe('So soon such an event has to follow. An example counts once this time has passed.'),
});

const selectionSchema = z.strictObject({
  method: z
    .enum(['ChiSquare', 'InformationGain', 'MutualInformation', 'Permutation'])
    .default('MutualInformation')
    .describe(
      'How features are scored on the training examples. ChiSquare: how unevenly their sums are spread. ' +
        'InformationGain: how much their deciles tell. MutualInformation: likewise by nearest neighbours, without ' +
        'deciles. Permutation: what a model loses on the validation examples when a feature is shuffled.',
    ),
  keep: whole(1, 64).default(20).describe('So many features with the best scores are learned from.'),
});

export const classifySchema = z.strictObject({
  label: labelSchema.describe('The event that the model is to foresee.'),
  features: setOf(attributeName, 64)
    .default([])
    .describe(
      'Names of the features it may learn from: any but a sequence. Empty: all features of the pipeline whose value ' +
        'is a number.',
    ),
  selection: selectionSchema.prefault({}).describe('Which of these features are kept.'),
  balance: z
    .enum(['None', 'Weights', 'Over', 'Under', 'Smote'])
    .default('Weights')
    .describe(
      'Where the event is rare, in training only. Weights: its examples count more. Over: they are repeated. Under: ' +
        'others are left out. Smote: further ones are made between them.',
    ),
  kind: z
    .enum(['Auto', 'Linear', 'Mlp', 'Trees'])
    .default('Auto')
    .describe(
      'Linear: logistic regression. Mlp: a neural network of 64 and 32 units. Trees: gradient-boosted trees. Auto: ' +
        'what is best on the validation examples.',
    ),
});

/** A model either recommends or classifies. */
export const oneTask: Rule<{ readonly recommend?: unknown; readonly classify?: unknown }> = {
  rule: 'has(self.recommend) != has(self.classify)',
  message: 'exactly one of recommend and classify',
  violations: ({ recommend, classify }) => ((recommend === undefined) === (classify === undefined) ? [[]] : []),
};
