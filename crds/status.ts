/** The status of a ProfilePipeline, which the operator alone writes. Lists are capped: it stays under 32 KB. */
import { z } from 'zod';

const text = (maxLength: number) => z.string().max(maxLength);
const time = () => text(64).meta({ format: 'date-time' });
const count = () => z.int().min(0).max(2_147_483_647);
const large = () => z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const conditionTypes = [
  'Ready',
  'SpecValid',
  'TopicsReady',
  'StagesReady',
  'ServingReady',
  'Progressing',
  'Degraded',
  'ModelReady',
  'DriftDetected',
  'IngestDrained',
  'PromotionHeld',
  'Paused',
] as const;

export type ConditionType = (typeof conditionTypes)[number];

const conditionSchema = z.strictObject({
  type: z.enum(conditionTypes).describe('What is true, false or unknown.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it is.'),
  observedGeneration: large().describe('The generation of the spec that this is about.').optional(),
  lastTransitionTime: time().describe('When the status last changed.'),
  reason: text(128)
    .min(1)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe('Why, in one word.'),
  message: text(1024).describe('Why, for a person, and what to do.'),
});

const stageStatusSchema = z.strictObject({
  name: z.enum(['ingest', 'cleaner', 'feature']).describe('The stage.'),
  desired: count().describe('Replicas that there are to be.').optional(),
  ready: count().describe('Replicas that do their work.').optional(),
  image: text(500).describe('Image that they run.').optional(),
  consumerLag: large().describe('Records that wait before it.').optional(),
});

const trainingStatusSchema = z.strictObject({
  phase: z
    .enum(['Idle', 'Queued', 'Pending', 'Running', 'Succeeded', 'Failed', 'Suspended'])
    .describe(
      'Queued: waits for its turn. Pending: has a pod that cannot start. Running: learns. Suspended: the pipeline is.',
    )
    .optional(),
  message: text(1024).describe('Why, for a person.').optional(),
  jobName: text(63).describe('Name of the Job of this run.').optional(),
  runId: text(128).describe('Id of this run, by which the model store knows its model.').optional(),
  trigger: z
    .enum(['Initial', 'Growth', 'Drift', 'Schedule', 'Manual', 'SpecChange'])
    .describe('What set this run off.')
    .optional(),
  gpus: text(128).describe('GPUs of this run, such as 1 nvidia.com/gpu.').optional(),
  node: text(253).describe('Node that it runs on.').optional(),
  progressPercentage: z.int().min(0).max(100).describe('How much of it is done.').optional(),
  consecutiveFailures: count().describe('Runs that have failed in a row.').optional(),
  startTime: time().describe('When this run began.').optional(),
  lastSuccessTime: time().describe('When a run last succeeded.').optional(),
});

const modelVersionSchema = z.strictObject({
  version: text(128).describe('Version of the model.'),
  runId: text(128).describe('The run that made it.').optional(),
  digest: text(128).describe('SHA-256 of its artifact.').optional(),
  uri: text(1024).describe('Where its artifact is.').optional(),
  promotedAt: time().describe('When it went into service.').optional(),
});

const modelStatusSchema = z.strictObject({
  active: modelVersionSchema.describe('The model in service.').optional(),
  generation: large().describe('Rises with each change of the model in service.').optional(),
});

const servingStatusSchema = z.strictObject({
  url: text(1024).describe('Where serving is reached in the cluster.').optional(),
  replicas: count().describe('Replicas that there are.').optional(),
  readyReplicas: count().describe('Replicas that answer.').optional(),
  selector: text(1024).describe('Labels of its pods, as text, for autoscalers.').optional(),
});

export const statusSchema = z.strictObject({
  observedGeneration: large().describe('The generation of the spec that was last acted upon.').optional(),
  operatorVersion: text(64).describe('Version of the operator that wrote this.').optional(),
  epoch: count().describe('Generation of the topics and the profiles: raised by a rebuild.').optional(),
  conditions: z
    .array(conditionSchema)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .describe('What is true of the pipeline; Ready sums it up.')
    .optional(),
  lag: text(32).describe('The most records that wait before a stage.').optional(),
  stages: z
    .array(stageStatusSchema)
    .max(3)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('The stages between ingest and profile.')
    .optional(),
  training: trainingStatusSchema.describe('The latest training.').optional(),
  model: modelStatusSchema.describe('Models in service.').optional(),
  serving: servingStatusSchema.describe('The API that reads profiles and recommends.').optional(),
});

/** Its parts by index, such as `PipelineStatus['training']`. */
export type PipelineStatus = z.output<typeof statusSchema>;
export type Condition = z.output<typeof conditionSchema>;
export type StageStatus = z.output<typeof stageStatusSchema>;
