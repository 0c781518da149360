/** What each stage reads of the effective spec: a change of another part does not restart it. */
import { z } from 'zod';
import { cleaningSchema } from './cleaning.ts';
import { trainingSchema } from './learning.ts';
import { name } from './scalars.ts';
import { ingestLogSchema, ingestSchema, servingFields, specFields } from './pipeline.ts';

const dedupeOnly = cleaningSchema.pick({ dedupe: true }).prefault({});
const learnedParts = cleaningSchema.pick({ dedupe: true, impute: true, scale: true, outliers: true }).prefault({});
const ingestParts = ingestSchema
  .pick({ limits: true })
  .extend({ log: ingestLogSchema.pick({ size: true }).optional() })
  .prefault({});
const servingParts = servingFields.pick({ rules: true, authentication: true }).prefault({});
const trainingParts = trainingSchema.pick({ minEvents: true, holdout: true }).prefault({});

export const ingestSlice = z.strictObject({ ingest: ingestParts });

export const cleanerSlice = specFields.pick({ events: true, cleaning: true, identity: true }).extend({
  /** The model whose artifact carries what the cleaner waits for; absent: it waits for nothing. */
  cleaningModel: name.optional(),
});

export const featureSlice = specFields
  .pick({ events: true, features: true, identity: true })
  .extend({ cleaning: dedupeOnly });

export const servingSlice = specFields
  .pick({ events: true, features: true, models: true })
  .extend({ serving: servingParts });

export const trainerSlice = specFields
  .pick({ events: true, features: true, models: true, identity: true })
  .extend({ cleaning: learnedParts, training: trainingParts });

export type CleanerSlice = z.output<typeof cleanerSlice>;
export type ServingSlice = z.output<typeof servingSlice>;
