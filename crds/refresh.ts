/** Whether a training reads the whole history or adds what is new to what the last one has kept. */
import { z } from 'zod';
import { durationSchema } from './scalars.ts';

export const refreshSchema = z.strictObject({
  mode: z
    .enum(['Never', 'Incremental'])
    .default('Never')
    .describe(
      'Never: every training reads the whole history. Incremental: a training adds to the sums that the last one kept ' +
        'beside the models (SR, EASE, popularity) what the log has since, and is judged on just that. Models with a ' +
        'ranker, classifiers and runs of several workers read everything in either case.',
    ),
  refitAfter: durationSchema
    .default('168h')
    .describe(
      'With Incremental: a training reads everything again once the last that did is so long ago, which also takes in ' +
        'what sums could not. Any change of the model, its history or its code does so at once.',
    ),
});
