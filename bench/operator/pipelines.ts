/** The pipelines of the benchmark: as a user applies them, and rendered beforehand by the operator's own code. */
import type { ProfilePipeline } from '../../crds/pipeline.ts';
import { parseConfig } from '../../operator/config.ts';
import { ensureOwnSecrets } from '../../operator/kubernetes/own-secrets.ts';
import { planOf } from '../../operator/kubernetes/plan-of.ts';
import { readSpec, type PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { renderPipeline } from '../../operator/kubernetes/render/render.ts';
import { renderingOf } from '../../operator/kubernetes/render/rendering.ts';
import type { KubeObject } from '../../operator/kubernetes/runtime/resource.ts';
import type { Plan } from '../../operator/plan.ts';

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** A team has a few pipelines; a namespace of a thousand would be slow to everybody. */
const perNamespace = 20;
/** Objects of a ConfigMap's that stands for the pipeline: without an owner the garbage collector takes them away. */
const ownerKind = 'ConfigMap';

export function places(prefix: string, count: number): Place[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: `${prefix}-${Math.floor(index / perNamespace)}`,
    name: `shop-${index}`,
  }));
}

export const pipelineAt = ({ namespace, name }: Place): PipelineObject => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { namespace, name },
  spec: { preset: 'shop/v1' } satisfies ProfilePipeline['spec'] | { preset: string },
});

/** The environment of the operator of this benchmark. */
export function operatorEnv(kafka: string, topics: string): Record<string, string> {
  return {
    LIKENESS_IMAGE: 'likeness:bench',
    LIKENESS_VERSION: '0.1.0',
    LIKENESS_LEASE_NAMESPACE: 'default',
    LIKENESS_IDENTITY: 'bench',
    LIKENESS_HOST: '127.0.0.1',
    LIKENESS_LOG_LEVEL: 'warn',
    LIKENESS_DEFAULTS: JSON.stringify({
      kafka: { bootstrapServers: kafka, partitions: 1, replicationFactor: 1, topics },
      store: { redis: { url: 'redis://redis.bench:6379' } },
    }),
  };
}

export class Renderer {
  readonly #config: ReturnType<typeof parseConfig>;

  constructor(env: Readonly<Record<string, string>>) {
    this.#config = parseConfig(env);
  }

  plan(place: Place): Plan {
    const pipeline = pipelineAt(place);
    return planOf(pipeline, this.#specOf(pipeline));
  }

  /** What the operator makes of a pipeline, Secrets included, each with the annotation that it adds. */
  async objects(place: Place, ownerUid: string): Promise<KubeObject[]> {
    const { image, trainerImage, version, network, modelsVolume } = this.#config;
    const pipeline = pipelineAt(place);
    const spec = this.#specOf(pipeline);
    const capabilities = { monitors: false, keda: false };
    const options = { spec, uid: ownerUid, image, trainerImage, version, network, modelsVolume, capabilities };
    const plan = planOf(pipeline, spec);
    const secrets: KubeObject[] = [];
    await ensureOwnSecrets(renderingOf(plan, options), {
      api: { create: (_, object) => Promise.resolve(object).finally(() => secrets.push(object)) },
      cached: () => undefined,
    });
    return [...secrets, ...renderPipeline(plan, options)].map(asBare);
  }

  #specOf(pipeline: PipelineObject) {
    const read = readSpec(pipeline, this.#config.defaults);
    if (!read.ok) throw new Error(read.refusal.message);
    return read.spec;
  }
}

/** Another label than the operator's, which would otherwise look after them too. */
function asBare(object: KubeObject): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, 'app.kubernetes.io/managed-by': 'likeness-bare-loop' },
      annotations: { ...metadata.annotations, 'likeness.dev/applied': 'a'.repeat(22) },
      ownerReferences: (metadata.ownerReferences ?? []).map((owner) => ({
        ...owner,
        apiVersion: 'v1',
        kind: ownerKind,
      })),
    },
  };
}

/** What a pipeline must find: in place of itself an owner, and a volume for its models. */
export function ownerOf({ namespace, name }: Place): KubeObject {
  return { apiVersion: 'v1', kind: ownerKind, metadata: { namespace, name } };
}

export function volumeOf({ namespace, name }: Place): KubeObject {
  const spec = {
    capacity: { storage: '10Gi' },
    accessModes: ['ReadWriteMany'],
    hostPath: { path: `/models/${namespace}/${name}` },
    claimRef: { namespace, name: `${name}-models` },
  };
  return { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: `${namespace}-${name}` }, spec } as KubeObject;
}
