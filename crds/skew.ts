/** How much of what serving answers is computed again by the trainer. */
import { z } from 'zod';
import { decimal } from './scalars.ts';

export const skewSchema = z.strictObject({
  sample: decimal(0, 1)
    .default('0.01')
    .describe(
      'Share of the answers (recommendations and probabilities) that note in `predictions` what the model was given and from which state. A training ' +
        'computes it again from the log and says in the manifest (skew) which share of the values differs.',
    ),
});
