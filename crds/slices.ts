/** What each stage reads of the effective spec: a change of another part does not restart it. */
import { z } from 'zod';
import { cleaningSchema, specSchema } from './pipeline.ts';

const dedupeOnly = cleaningSchema.pick({ dedupe: true }).prefault({});

export const ingestSlice = specSchema.pick({ ingest: true });

export const cleanerSlice = specSchema.pick({ events: true, cleaning: true, identity: true });

export const featureSlice = specSchema
  .pick({ events: true, features: true, identity: true })
  .extend({ cleaning: dedupeOnly });

export const servingSlice = specSchema.pick({ events: true, features: true, models: true, serving: true });

export const trainerSlice = specSchema
  .pick({ events: true, features: true, models: true, training: true, identity: true })
  .extend({ cleaning: dedupeOnly });

export type IngestSlice = z.output<typeof ingestSlice>;
export type CleanerSlice = z.output<typeof cleanerSlice>;
export type FeatureSlice = z.output<typeof featureSlice>;
export type ServingSlice = z.output<typeof servingSlice>;
export type TrainerSlice = z.output<typeof trainerSlice>;
