/** The ProfilePipeline v1alpha1: the one definition from which the CRD, the JSON Schema, the docs and the types come. */
import { z } from 'zod';
import { featuresSchema } from './features.ts';
import { decimal, durationSchema, fieldPath, name } from './scalars.ts';

const kafkaSchema = z.strictObject({
  bootstrapServers: z.string().min(1).max(1024),
  partitions: z.int().min(1).max(1000).default(12),
  replicationFactor: z.int().min(1).max(7).default(3),
  retention: durationSchema.default('168h'),
});

const storeSchema = z.strictObject({ redis: z.strictObject({ url: z.string().min(1).max(1024) }) });

const ingestSchema = z.strictObject({
  /** A durable write-ahead log; absent: ingest answers after the broker's acknowledgement. */
  log: z.strictObject({ size: z.string().max(20).default('5Gi') }).optional(),
  limits: z
    .strictObject({
      eventsPerSecond: z.int().min(1).max(10_000_000).optional(),
      pendingEvents: z.int().min(1).max(10_000_000).default(100_000),
    })
    .prefault({}),
});

const eventSchema = z.strictObject({
  name,
  weight: decimal.default('1'),
  required: z.array(fieldPath).max(16).default([]),
});

export const cleaningSchema = z.strictObject({
  dedupe: z.strictObject({ window: durationSchema.default('24h') }).prefault({}),
  late: z.strictObject({ grace: durationSchema.default('1h') }).prefault({}),
  bots: z.strictObject({ userAgents: z.enum(['Default', 'None']).default('Default') }).prefault({}),
  normalise: z
    .array(
      z.strictObject({
        name,
        field: fieldPath,
        /** The unit that the field is converted to. */
        unit: z.string().max(16).optional(),
        /** Where an event says its unit, e.g. properties.currency; an event without it is taken to be in `unit`. */
        unitField: fieldPath.optional(),
        factors: z
          .array(z.strictObject({ unit: z.string().max(16), factor: decimal }))
          .max(64)
          .optional(),
        text: z
          .array(z.enum(['Trim', 'Lowercase', 'NFKC', 'CollapseSpaces']))
          .max(4)
          .optional(),
      }),
    )
    .max(32)
    .default([]),
  rules: z
    .array(z.strictObject({ name, when: z.string().min(1).max(1024), action: z.enum(['Drop', 'DeadLetter', 'Tag']) }))
    .max(32)
    .default([]),
});

const recommendSchema = z.strictObject({
  /** Name of the sequence feature that holds a profile's history. */
  history: name,
  target: z.array(name).min(1).max(16),
  retrieval: z
    .strictObject({
      /** Sequential rules look so many items back. */
      window: z.int().min(1).max(50).default(10),
      decay: decimal.default('0.8'),
      /** EASE's L2 regularisation. */
      regularization: decimal.default('200'),
      /** EASE learns from the items with most events, at most so many (12,000: 10 minutes on 2 cores). */
      maxItems: z.int().min(100).max(20_000).default(6000),
    })
    .prefault({}),
});

const trainingSchema = z.strictObject({
  minEvents: z.int().min(10).max(1_000_000_000).default(500),
  holdout: z.strictObject({ fraction: decimal.default('0.1') }).prefault({}),
  retrain: z
    .strictObject({
      mode: z.enum(['Never', 'OnGrowth']).default('OnGrowth'),
      /** Train again once there are so many times the events that the last model learned from. */
      growth: decimal.default('2'),
      cooldown: durationSchema.default('1m'),
      maxPerDay: z.int().min(1).max(96).default(24),
    })
    .prefault({}),
});

const servingSchema = z.strictObject({
  rules: z
    .strictObject({
      pin: z.array(z.string().max(256)).max(100).default([]),
      bury: z.array(z.string().max(256)).max(1000).default([]),
      excludeBought: z.boolean().default(true),
    })
    .prefault({}),
  authentication: z
    .strictObject({ jwksUrl: z.string().max(1024), issuer: z.string().max(1024), audience: z.string().max(256) })
    .optional(),
});

const stageSchema = z.strictObject({
  name: z.enum(['ingest', 'cleaner', 'feature', 'serving']),
  replicas: z.int().min(1).max(1000),
});

export const specSchema = z.strictObject({
  kafka: kafkaSchema.optional(),
  store: storeSchema.optional(),
  preset: z.enum(['shop/v1', 'none']).default('shop/v1'),
  ingest: ingestSchema.prefault({}),
  events: z.array(eventSchema).max(64).default([]),
  cleaning: cleaningSchema.prefault({}),
  identity: z
    .strictObject({
      mergeOn: z
        .array(z.enum(['identify', 'alias']))
        .max(2)
        .default(['identify', 'alias']),
    })
    .prefault({}),
  features: featuresSchema,
  models: z
    .array(z.strictObject({ name, recommend: recommendSchema }))
    .max(8)
    .default([]),
  training: trainingSchema.prefault({}),
  stages: z.array(stageSchema).max(8).default([]),
  serving: servingSchema.prefault({}),
});

export const pipelineSchema = z.strictObject({
  apiVersion: z.literal('likeness.dev/v1alpha1'),
  kind: z.literal('ProfilePipeline'),
  metadata: z.looseObject({ name: z.string().max(40), namespace: z.string().max(63).optional() }),
  spec: specSchema,
});

export type ProfilePipeline = z.output<typeof pipelineSchema>;
export type PipelineSpec = z.output<typeof specSchema>;
export type EventDefinition = z.output<typeof eventSchema>;
export type Cleaning = z.output<typeof cleaningSchema>;
export type ModelDefinition = PipelineSpec['models'][number];
export type Training = z.output<typeof trainingSchema>;
export type ServingSpec = z.output<typeof servingSchema>;
