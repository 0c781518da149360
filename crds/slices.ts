/** What each stage reads of the effective spec: a change of another part does not restart it. */
import { z } from 'zod';
import { cleaningSchema } from './cleaning.ts';
import { driftFields } from './drift.ts';
import { trainingSchema } from './learning.ts';
import { promotionSchema } from './promotion.ts';
import { name } from './scalars.ts';
import { ingestLogSchema, ingestSchema, servingFields, specFields } from './pipeline.ts';

const dedupeOnly = cleaningSchema.pick({ dedupe: true }).prefault({});
const examplesOnly = cleaningSchema.pick({ dedupe: true, late: true }).prefault({});
const learnedParts = cleaningSchema
  .pick({ dedupe: true, late: true, impute: true, scale: true, outliers: true })
  .prefault({});
const ingestParts = ingestSchema
  .pick({ limits: true })
  .extend({ log: ingestLogSchema.pick({ size: true }).optional() })
  .prefault({});
const servingParts = servingFields.pick({ rules: true, authentication: true }).prefault({});
const trainingParts = trainingSchema.pick({ minEvents: true, holdout: true, refresh: true }).prefault({});

export const ingestSlice = z.strictObject({ ingest: ingestParts });

export const cleanerSlice = specFields.pick({ events: true, cleaning: true, identity: true }).extend({
  /** The model whose artifact carries what the cleaner waits for; absent: it waits for nothing. */
  cleaningModel: name.optional(),
});

export const featureSlice = specFields.pick({ events: true, features: true, identity: true }).extend({
  cleaning: dedupeOnly,
  /** The models that are watched, and how; absent: none is. */
  watch: z.strictObject({ models: specFields.shape.models, ...driftFields }).optional(),
});

export const servingSlice = specFields
  .pick({ events: true, features: true, models: true })
  .extend({ serving: servingParts, training: trainingSchema.pick({ skew: true }).prefault({}) });

export const archiveSlice = specFields.pick({ archive: true }).required();

export const trainerSlice = specFields
  .pick({ events: true, features: true, models: true, identity: true, archive: true })
  .extend({ cleaning: learnedParts, training: trainingParts });

const gateParts = promotionSchema.pick({ minDelta: true, segmentFloor: true, latencyBudget: true }).prefault({});

export const gateSlice = specFields
  .pick({ events: true, features: true, models: true, identity: true, archive: true })
  .extend({ cleaning: examplesOnly, training: z.strictObject({ promotion: gateParts }).prefault({}) });

export type FeatureSlice = z.output<typeof featureSlice>;
export type CleanerSlice = z.output<typeof cleanerSlice>;
export type ServingSlice = z.output<typeof servingSlice>;
