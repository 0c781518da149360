/** What each stage reads of the effective spec: a change of another part does not restart it. */
import type { z } from 'zod';
import { cleaningSchema } from './cleaning.ts';
import { servingSchema, specFields } from './pipeline.ts';

const dedupeOnly = cleaningSchema.pick({ dedupe: true }).prefault({});

export const ingestSlice = specFields.pick({ ingest: true });

export const cleanerSlice = specFields.pick({ events: true, cleaning: true, identity: true });

export const featureSlice = specFields
  .pick({ events: true, features: true, identity: true })
  .extend({ cleaning: dedupeOnly });

export const servingSlice = specFields
  .pick({ events: true, features: true, models: true })
  .extend({ serving: servingSchema.omit({ replicas: true }).prefault({}) });

export const trainerSlice = specFields
  .pick({ events: true, features: true, models: true, training: true, identity: true })
  .extend({ cleaning: dedupeOnly });

export type CleanerSlice = z.output<typeof cleanerSlice>;
export type ServingSlice = z.output<typeof servingSlice>;
