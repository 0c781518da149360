/** Spec → Plan: what topics, workloads, secrets and models a pipeline needs. Pure; knows neither Kubernetes nor processes. */
import type { Amounts, Resources } from '../crds/cluster.ts';
import { watchesModels } from '../crds/drift.ts';
import type { Gpu } from '../crds/gpu.ts';
import { needsTensors } from '../crds/learning.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import type { TopicSettings } from '../services/shared/broker.ts';
import type { Stream } from '../services/shared/streams.ts';
import { commonEnv, stageSpec } from './plan-env.ts';
import { planSecrets, secretsOf, type OwnSecrets, type SecretUse } from './plan-secrets.ts';
import { planAutoscaling, planResources, plannedReplicas, type Autoscaling } from './plan-sizes.ts';
import { planTopics } from './plan-topics.ts';
import { groupName, type PipelineId } from './topics.ts';

export type ServiceName = 'ingest' | 'cleaner' | 'feature' | 'serving' | 'archive';
/** A service, or what runs once each time it is asked for. */
export type StageName = ServiceName | 'trainer' | 'gate';

export interface Workload {
  readonly name: StageName;
  /** A service runs until it is stopped; a job runs once each time it is asked for, and exits. */
  readonly kind: 'service' | 'job';
  /** How many there are; the fewest where autoscaling decides. */
  readonly replicas: number;
  readonly autoscaling?: Autoscaling;
  readonly resources: Resources & { readonly requests: Amounts };
  /** Absent: the release's. */
  readonly image?: string;
  /** A volume that outlives the process, one for each replica: of the write-ahead log. */
  readonly storage?: { readonly size: string; readonly storageClassName?: string };
  readonly secrets: readonly SecretUse[];
  /** It watches the models in service, and reports verdicts of drift. */
  readonly watches?: true;
  /** Of a job. */
  readonly job?: JobSettings;
  /** Keys of services/shared/config.ts. Addresses, folders, files and ports of this machine are the backend's to add. */
  readonly env: Readonly<Record<string, string>>;
}

export interface JobSettings {
  /** Processes that share one run, each with its GPUs. */
  readonly workers: number;
  /** It trains by gradients, which takes more than the services have. */
  readonly tensors?: true;
  /** Absent: processors alone. */
  readonly gpu?: PlannedGpu;
  readonly queueName?: string;
  readonly priorityClassName?: string;
  readonly retries: number;
  readonly activeDeadlineSeconds?: number;
  readonly historyLimit: number;
}

/** `devices`: so many of a resource, or a claim made from a template. */
export interface PlannedGpu extends Pick<Gpu, 'products' | 'tolerations'> {
  readonly runtimeClassName?: string;
  readonly devices: { readonly resourceName: string; readonly count: number } | { readonly claimTemplate: string };
}

export interface PlannedTopic extends TopicSettings {
  readonly stream: Stream;
}

/** A volume claim, which the backend makes where it is its `own`; or a bucket, which is there. */
type PlannedModelStore =
  | { readonly claimName: string; readonly own: boolean }
  | {
      readonly s3: {
        readonly endpoint: string;
        readonly bucket: string;
        readonly prefix: string;
        readonly region: string;
        readonly pathStyle: boolean;
      };
    };

export interface Plan {
  readonly pipeline: PipelineId;
  /** Nothing is to run, and everything to stay. */
  readonly suspended: boolean;
  readonly deletionPolicy: PipelineSpec['deletionPolicy'];
  /** Partitions of the keyed streams. */
  readonly partitions: number;
  readonly topicMode: 'Managed' | 'Existing' | 'KafkaTopic';
  /** With `KafkaTopic`. */
  readonly strimziCluster?: string;
  readonly topics: readonly PlannedTopic[];
  readonly workloads: readonly Workload[];
  /** Secrets that nobody has named: the backend makes them, once, and keeps them. */
  readonly ownSecrets: OwnSecrets;
  readonly models: {
    readonly store: PlannedModelStore;
    /** Further Ed25519 public keys, PEM, whose models are taken into service. */
    readonly trustedKeys: readonly string[];
  };
}

export interface PlanInput extends PipelineId {
  /** The effective spec, preset merged in. */
  readonly spec: PipelineSpec;
}

/** Without Kafka one machine does all the work: a few partitions keep its cores busy. */
const embeddedPartitions = 4;

export function planPipeline(input: PlanInput): Plan {
  const { spec } = input;
  const pipeline = { namespace: input.namespace, name: input.name, epoch: input.epoch };
  const partitions = spec.kafka?.partitions ?? embeddedPartitions;
  const archive = spec.archive === undefined ? [] : (['archive'] as const);
  const services = (['ingest', 'cleaner', 'feature', ...archive, 'serving'] as const).map((name) =>
    planService(name, { pipeline, partitions, spec }),
  );
  return {
    pipeline,
    suspended: spec.suspend,
    deletionPolicy: spec.deletionPolicy,
    partitions,
    topicMode: spec.kafka?.topics ?? 'Managed',
    ...(spec.kafka?.strimziCluster && { strimziCluster: spec.kafka.strimziCluster }),
    topics: planTopics(pipeline, partitions, spec.kafka),
    workloads: [...services, planTrainer({ pipeline, partitions, spec }), ...planGate({ pipeline, partitions, spec })],
    ownSecrets: planSecrets(pipeline.name, spec).own,
    models: { store: planModelStore(pipeline, spec.modelStore), trustedKeys: spec.modelStore.trustedKeys },
  };
}

function planModelStore(
  { namespace, name }: PipelineId,
  { persistentVolumeClaim: claim, s3 }: PipelineSpec['modelStore'],
): PlannedModelStore {
  if (s3 === undefined) return { claimName: claim?.claimName ?? `${name}-models`, own: claim === undefined };
  const { endpoint, bucket, prefix = `${namespace}/${name}`, region, forcePathStyle: pathStyle } = s3;
  return { s3: { endpoint, bucket, prefix, region, pathStyle } };
}

interface Parts {
  readonly pipeline: PipelineId;
  readonly partitions: number;
  readonly spec: PipelineSpec;
}

function planService(name: ServiceName, parts: Parts): Workload {
  const { pipeline, partitions, spec } = parts;
  const sized = name === 'serving' ? spec.serving : spec.stages.find((stage) => stage.name === name);
  const autoscaling = planAutoscaling(name, sized, partitions);
  const { log } = spec.ingest;
  const group = name === 'cleaner' || name === 'feature';
  const watches = name === 'feature' && watchesModels(spec);
  return {
    name,
    kind: 'service',
    replicas: plannedReplicas(sized, autoscaling),
    ...(autoscaling && { autoscaling }),
    resources: planResources(name, sized?.resources),
    ...(name === 'ingest' && log && { storage: log }),
    ...(watches && { watches }),
    secrets: secretsOf(name, planSecrets(pipeline.name, spec)),
    env: {
      ...envOf(name, parts),
      ...(group && { LIKENESS_GROUP: groupName(pipeline, name) }),
      ...(watches && { LIKENESS_MONITOR_GROUP: groupName(pipeline, 'feature-monitor') }),
      LIKENESS_SPEC: stageSpec(name, spec),
    },
  };
}

function planTrainer(parts: Parts): Workload {
  const { pipeline, spec } = parts;
  const { image, workers, gpu, resources, retries, historyLimit, ...training } = spec.training;
  const { queueName, priorityClassName, activeDeadlineSeconds } = training;
  const planned = planGpu(gpu);
  return {
    name: 'trainer',
    kind: 'job',
    replicas: 1,
    resources: planResources('trainer', resources),
    ...(image && { image }),
    secrets: secretsOf('trainer', planSecrets(pipeline.name, spec)),
    job: {
      workers,
      ...(needsTensors(spec.models) && { tensors: true }),
      ...(planned && { gpu: planned }),
      ...(queueName && { queueName }),
      ...(priorityClassName && { priorityClassName }),
      retries,
      ...(activeDeadlineSeconds && { activeDeadlineSeconds }),
      historyLimit,
    },
    env: { ...envOf('trainer', parts), LIKENESS_SPEC: stageSpec('trainer', spec) },
  };
}

/** None where there is nothing to judge. It knows the public key alone, and needs no GPU. */
function planGate(parts: Parts): Workload[] {
  const { pipeline, spec } = parts;
  if (spec.models.length === 0) return [];
  const gate: Workload = {
    name: 'gate',
    kind: 'job',
    replicas: 1,
    resources: planResources('gate', undefined),
    secrets: secretsOf('gate', planSecrets(pipeline.name, spec)),
    job: { workers: 1, retries: 3, historyLimit: 1 },
    env: { ...envOf('gate', parts), LIKENESS_SPEC: stageSpec('gate', spec) },
  };
  return [gate];
}

const envOf = (name: StageName, { pipeline, partitions, spec }: Parts) => commonEnv(pipeline, partitions, spec, name);

/** One GPU, unless another number or a claim is asked for. */
function planGpu(gpu: Gpu): PlannedGpu | undefined {
  const { resourceName, count = 1, products, tolerations, runtimeClassName, resourceClaimTemplateName } = gpu;
  if (count === 0) return undefined;
  return {
    devices: resourceClaimTemplateName ? { claimTemplate: resourceClaimTemplateName } : { resourceName, count },
    products,
    tolerations,
    ...(runtimeClassName && { runtimeClassName }),
  };
}
