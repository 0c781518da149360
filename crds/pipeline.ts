/** The ProfilePipeline v1alpha1: the one definition from which the CRD, the JSON Schema, the docs and the types come. */
import { z } from 'zod';
import { archiveSchema } from './archive.ts';
import { cleaningSchema } from './cleaning.ts';
import {
  eitherReplicasOrAutoscaling,
  objectName,
  replicas,
  resourcesSchema,
  secretRef,
  servingAutoscalingSchema,
  stageAutoscalingSchema,
} from './cluster.ts';
import { kafkaSchema, modelStoreSchema, storeSchema } from './connections.ts';
import { featuresSchema } from './features.ts';
import { modelsSchema, trainingSchema } from './learning.ts';
import { namedList, orderedList, setOf } from './lists.ts';
import { celKey, withRules } from './rules.ts';
import { decimal, fieldPath, name, patterned, size, whole } from './scalars.ts';
import { nameRules, specRules, specTransitions } from './spec-rules.ts';

/** The write-ahead log of ingest. */
export const ingestLogSchema = z.strictObject({
  size: size
    .default('5Gi')
    .describe(
      'At this size ingest answers 429 until Kafka has caught up. In a cluster also the size of each volume; it can grow, where the StorageClass allows that, and never shrink.',
    ),
  storageClassName: objectName('a StorageClass')
    .describe("In a cluster: the class of the log's volumes. Absent: the cluster's default. Immutable.")
    .optional(),
});

export const ingestSchema = z.strictObject({
  writeKeysSecretRef: secretRef
    .describe(
      'In a cluster: a Secret whose key write-keys.json is a list of {name, sha256, scopes}. Absent: one of its own, NAME-write-keys, with keys in write-key and import-key.',
    )
    .optional(),
  log: ingestLogSchema
    .describe(
      'A write-ahead log on a volume that outlives the process: ingest answers once an event is on it. Absent: once Kafka has it.',
    )
    .optional(),
  limits: z
    .strictObject({
      eventsPerSecond: whole(1, 10_000_000)
        .describe('Events a second that one replica takes; above, it answers 429. Absent: as many as it can.')
        .optional(),
      pendingEvents: whole(1, 10_000_000)
        .default(100_000)
        .describe('Events not yet durable that one replica holds; above, it answers 429.'),
    })
    .prefault({})
    .describe('When ingest asks its senders to wait.'),
});

const eventSchema = z.strictObject({
  name: name.describe('Type of the event.'),
  weight: decimal(0, 1000).default('1').describe('How much such an event says about an interest.'),
  required: setOf(fieldPath, 16).default([]).describe('Fields without which such an event is refused.'),
});

const identitySchema = z.strictObject({
  mergeOn: setOf(z.enum(['identify', 'alias']), 2)
    .default(['identify', 'alias'])
    .describe('Events that say that two ids are one person.'),
});

const itemId = z.string().min(1).max(256);

const rulesSchema = z.strictObject({
  pin: orderedList(itemId, 100).default([]).describe('Ids of items that come first, in this order.'),
  bury: setOf(itemId, 1000).default([]).describe('Ids of items that are never recommended.'),
  excludeBought: z.boolean().default(true).describe("Leave out what the profile's history shows as bought."),
});

const authenticationSchema = z.strictObject({
  jwksUrl: patterned(1024, /^https?:\/\/.+$/, 'an http or https URL').describe(
    'Where the keys are that sign tokens (JWKS).',
  ),
  issuer: z.string().min(1).max(1024).describe('The `iss` that a token must have.'),
  audience: z.string().min(1).max(256).describe('The `aud` that a token must have.'),
});

/** The fields alone: what the slice is cut from. */
export const servingFields = z.strictObject({
  replicas,
  autoscaling: servingAutoscalingSchema.describe('In a cluster: between how many, by what.').optional(),
  resources: resourcesSchema.describe('In a cluster: processor and memory of each.').optional(),
  rules: rulesSchema.prefault({}).describe('What is changed in every list of recommendations.'),
  authentication: authenticationSchema
    .describe('Whose tokens may read. Absent: read keys alone, and on one machine whoever is on it.')
    .optional(),
  readKeysSecretRef: secretRef
    .describe(
      'In a cluster: a Secret whose key read-keys.json is a list of {name, sha256, scopes: [read]}. Absent: without ' +
        'authentication one of its own, NAME-read-keys, with a key in read-key.',
    )
    .optional(),
});

const servingSchema = withRules(servingFields, [eitherReplicasOrAutoscaling]);

const stageSchema = withRules(
  z.strictObject({
    name: z.enum(['ingest', 'cleaner', 'feature']).describe('The stage.'),
    replicas,
    autoscaling: stageAutoscalingSchema.describe('In a cluster: between how many, by what.').optional(),
    resources: resourcesSchema.describe('In a cluster: processor and memory of each.').optional(),
  }),
  [
    eitherReplicasOrAutoscaling,
    {
      rule: "self.name != 'ingest' || !has(self.autoscaling) || self.autoscaling.mode != 'KEDA'",
      message: 'mode KEDA only for a stage that waits on a stream: cleaner or feature',
      fieldPath: '.autoscaling.mode',
      violations: ({ name: stage, autoscaling }) =>
        stage === 'ingest' && autoscaling?.mode === 'KEDA' ? [['autoscaling', 'mode']] : [],
    },
  ],
);

/** The fields alone, without the rules between them: what the slices are cut from. */
export const specFields = z.strictObject({
  suspend: z
    .boolean()
    .default(false)
    .describe('Stop every process and start none; topics, profiles and models stay, and events are not taken in.'),
  deletionPolicy: z
    .enum(['Delete', 'Retain'])
    .default('Delete')
    .describe(
      'In a cluster: what becomes of the topics that it made, the profiles and the models when the pipeline is deleted.',
    ),
  kafka: kafkaSchema.describe('Kafka. Absent: an event log embedded in the process, for one machine.').optional(),
  store: storeSchema
    .describe('Where profiles are kept. Absent: a store embedded in the process, for one machine. Immutable.')
    .optional(),
  modelStore: modelStoreSchema.prefault({}).describe('Where models are kept, and whose are trusted.'),
  preset: z
    .enum(['shop/v1', 'none'])
    .default('shop/v1')
    .describe("Default events, features and models; your own entry of the same name replaces the preset's."),
  ingest: ingestSchema.prefault({}).describe('How events come in.'),
  events: namedList(eventSchema, 64).default([]).describe('Types of events. An event of another type is refused.'),
  cleaning: cleaningSchema.prefault({}).describe('What happens to an event before it counts.'),
  identity: identitySchema.prefault({}).describe('How visitors become known users.'),
  features: featuresSchema.describe('What a profile knows: each feature is one attribute, of exactly one kind.'),
  models: modelsSchema.describe('What is learned from the events.'),
  training: trainingSchema.prefault({}).describe('When and how models are trained.'),
  archive: archiveSchema
    .describe(
      'Keeps clean events beside the models for longer than Kafka does, for trainings and rebuilds. Absent: there is none.',
    )
    .optional(),
  stages: namedList(stageSchema, 3).default([]).describe('Sizes of the stages between ingest and profile.'),
  serving: servingSchema.prefault({}).describe('The API that reads profiles and recommends.'),
});

export const specSchema = withRules(specFields, specRules, specTransitions);

const label = 'a name of lowercase letters, digits and "-"';

export const pipelineSchema = z
  .strictObject({
    apiVersion: z.literal('likeness.dev/v1alpha1').describe('Always likeness.dev/v1alpha1.'),
    kind: z.literal('ProfilePipeline').describe('Always ProfilePipeline.'),
    metadata: z
      .looseObject({
        name: withRules(z.string(label).max(253), nameRules).describe('Name of the pipeline, at most 40 characters.'),
        namespace: patterned(63, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, label)
          .describe('Namespace of the pipeline. Default: default.')
          .optional(),
      })
      .describe('Name, namespace, labels and annotations, as everywhere in Kubernetes.'),
    spec: specSchema.describe('What the pipeline is to do.'),
    status: z.looseObject({}).describe("The operator's: what the pipeline does. Not read from a file.").optional(),
  })
  // A CRD may say nothing below metadata, so the rules about the name are bound to the root there.
  .meta({
    [celKey]: nameRules.map(({ rule, message }) => ({ rule: rule.replaceAll('self', 'self.metadata.name'), message })),
  });

export type ProfilePipeline = z.output<typeof pipelineSchema>;
export type PipelineSpec = z.output<typeof specSchema>;
export type EventDefinition = z.output<typeof eventSchema>;
export type Training = PipelineSpec['training'];
