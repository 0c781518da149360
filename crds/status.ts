/** The status of a ProfilePipeline, which the operator alone writes. Lists are capped: it stays under 32 KB. */
import { z } from 'zod';
import { driftStatusSchema } from './drift.ts';

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
  name: z.enum(['ingest', 'cleaner', 'feature', 'archive']).describe('The stage.'),
  desired: count().describe('Replicas that there are to be.').optional(),
  ready: count().describe('Replicas that do their work.').optional(),
  image: text(500).describe('Image that they run.').optional(),
  consumerLag: large().describe('Records that wait before it.').optional(),
});

const handled = (what: string) => text(64).describe(what).optional();

const handledSchema = z.strictObject({
  Initial: handled('Always `first`.'),
  Growth: handled('Start of the training that the log has grown since, in milliseconds since 1970.'),
  Schedule: handled('Tick of the schedule, in milliseconds since 1970.'),
  Drift: handled('Id of the verdict.'),
  Manual: handled('Value of the annotation likeness.dev/retrain.'),
});

const trainingStatusSchema = z.strictObject({
  phase: z
    .enum(['Idle', 'Queued', 'Pending', 'Running', 'Succeeded', 'Failed', 'Suspended'])
    .describe(
      'Queued: waits for a node or its turn. Pending: has a node and is not yet running. Running: learns. ' +
        'Suspended: the pipeline is.',
    )
    .optional(),
  message: text(1024).describe('Why, for a person.').optional(),
  jobName: text(63).describe('Name of the Job of this run.').optional(),
  runId: text(128).describe('Id of this run, by which the model store knows its model.').optional(),
  trigger: z.enum(['Initial', 'Growth', 'Schedule', 'Drift', 'Manual']).describe('What set this run off.').optional(),
  gpus: text(200).describe('GPUs of this run, such as 1 nvidia.com/gpu.').optional(),
  node: text(253).describe('Node that it runs on.').optional(),
  progressPercentage: z.int().min(0).max(100).describe('How much of it is done.').optional(),
  consecutiveFailures: count().describe('Runs that have failed in a row.').optional(),
  startTime: time().describe('When this run began.').optional(),
  lastSuccessTime: time().describe('When the last run that succeeded began.').optional(),
  nextScheduleTime: time().describe('With mode OnSchedule: when the schedule ticks next.').optional(),
  runs: count().describe('Runs ever started.').optional(),
  records: large().describe('Clean records that there were at the start of this run.').optional(),
  learnedRecords: large()
    .describe('Clean records that there were at the start of the last run that succeeded.')
    .optional(),
  recentStartTimes: z
    .array(time())
    .max(200)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('When the runs of the last 24 hours began: what maxPerDay counts.')
    .optional(),
  handled: handledSchema.describe('By trigger: what it last set off.').optional(),
});

const modelVersionSchema = z.strictObject({
  version: text(128).describe('Version of the model.'),
  runId: text(128).describe('The run that made it.').optional(),
  digest: text(128).describe('SHA-256 of its artifact.').optional(),
  promotedAt: time().describe('When it went into service.').optional(),
});

const modelStatusSchema = z.strictObject({
  name: text(63).describe('Name of the model in the spec.').optional(),
  phase: z
    .enum(['None', 'Judging', 'AwaitingApproval', 'Promoting', 'Canary', 'Active', 'Held'])
    .describe(
      'None: no model yet. Judging: the gate looks at the candidate. AwaitingApproval: `likeness promote` decides. ' +
        'Promoting: is being announced. Canary: the new one answers some profiles. Active: one model answers all. ' +
        'Held: too many candidates in a row were refused.',
    )
    .optional(),
  message: text(1024).describe('Why, for a person.').optional(),
  active: modelVersionSchema.describe('The model in service, or on trial.').optional(),
  candidate: modelVersionSchema.describe('The newest model that is not in service.').optional(),
  lastStable: modelVersionSchema.describe('The model that answered all profiles before this one.').optional(),
  generation: large().describe('Rises with each change of the model in service.').optional(),
  canaryPercent: z.int().min(1).max(100).describe('Share of the profiles that the active one answers.').optional(),
  bakeUntil: time().describe('When the canary answers all profiles, if nothing fails.').optional(),
  refusals: count().describe('Candidates that were refused in a row.').optional(),
  decided: large().describe('Offset in the stream models up to which candidates have been decided upon.').optional(),
  lastRefusal: text(1024).describe('Why the last of them was refused.').optional(),
  handledPromote: text(128).describe('The value of likeness.dev/promote that was last acted upon.').optional(),
});

const backfillStatusSchema = z.strictObject({
  definition: text(64).describe('Hash of the features that are computed.'),
  progressPercentage: z.int().min(0).max(100).describe('How much of the history they contain.'),
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
  model: modelStatusSchema
    .describe("The first of the spec's models: what is in service, and what is to follow.")
    .optional(),
  otherModels: z
    .array(modelStatusSchema.required({ name: true }))
    .max(7)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('The others, likewise.')
    .optional(),
  drift: driftStatusSchema.describe('How far the world has moved from what the first model was trained on.').optional(),
  backfill: backfillStatusSchema
    .describe('Changed features, computed from the history beside those that serve until all have caught up.')
    .optional(),
  serving: servingStatusSchema.describe('The API that reads profiles and recommends.').optional(),
});

/** Its parts by index, such as `PipelineStatus['training']`. */
export type PipelineStatus = z.output<typeof statusSchema>;
export type Condition = z.output<typeof conditionSchema>;
export type StageStatus = z.output<typeof stageStatusSchema>;
export type TrainingStatus = z.output<typeof trainingStatusSchema>;
export type BackfillStatus = z.output<typeof backfillStatusSchema>;
export type ModelStatus = z.output<typeof modelStatusSchema>;
export type ModelVersion = z.output<typeof modelVersionSchema>;
