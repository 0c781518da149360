/** What is done to a pipeline in each scenario, and when it has come to its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import type { ModelStatus, PipelineStatus } from '../../../crds/status.ts';
import type { KubeObject } from '../../../operator/kubernetes/runtime/resource.ts';
import {
  candidateKey,
  gateKey,
  type CandidateMessage,
  type GateMessage,
} from '../../../services/shared/model-stream.ts';
import type { OperatorBed } from './bed.ts';
import type { Scenario } from './faults.ts';
import { childrenIn, pipelineIn, pipelinePath, type PipelineSeen } from './snapshot.ts';

export interface Place {
  readonly bed: OperatorBed;
  readonly namespace: string;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

export interface ScenarioSteps {
  /** Before a fault may come; what it brings about is waited for. */
  readonly prepare?: (place: Place) => Promise<void>;
  readonly isPrepared?: (pipeline: PipelineSeen) => boolean;
  readonly act: (place: Place) => Promise<void>;
  /** undefined: the pipeline is gone. */
  readonly isDone: (place: Place, pipeline: PipelineSeen | undefined) => boolean | Promise<boolean>;
}

const pauseMs = 250;

const shop = (namespace: string) => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { name: 'shop', namespace },
  spec: {
    preset: 'shop/v1',
    training: { retrain: { mode: 'Never' }, promotion: { canaryPercent: 25, bakeTime: '2s', minAnswers: 0 } },
  },
});

/** Something for every stage. */
const changed = {
  spec: {
    ingest: { limits: { eventsPerSecond: 1000, pendingEvents: 5000 } },
    cleaning: { rules: [{ name: 'absurd', when: "event.type == 'purchase' && event.value > 100.0", action: 'Tag' }] },
    features: [{ name: 'cheapest', min: { events: ['purchase'], field: 'item.price' } }],
    serving: { rules: { bury: ['sku-1'] } },
  },
};

export const steps: Readonly<Record<Scenario, ScenarioSteps>> = {
  create: {
    act: ({ bed, namespace }) => bed.client.create(pipelinePath(namespace).replace('/shop', ''), shop(namespace)),
    isDone: (_, pipeline) => isReady(pipeline) && conditionOf(pipeline?.status, 'ModelReady') === 'False NoModel',
  },
  update: {
    act: ({ bed, namespace }) => bed.client.patch(pipelinePath(namespace), changed),
    isDone: (_, pipeline) => isReady(pipeline) && conditionOf(pipeline?.status, 'Progressing') === 'False Settled',
  },
  retrain: {
    prepare: async (place) => {
      const { bed, namespace } = place;
      await send(bed, `${namespace}.shop.events-clean.e1`, { u1: { id: 'e-1' } });
      await trainNext(place, 1);
    },
    isPrepared: ({ status }) => isInService(status, 'v1'),
    act: async (place) => {
      const metadata = { annotations: { 'likeness.dev/retrain': 'wish-1' } };
      await place.bed.client.patch(pipelinePath(place.namespace), { metadata });
      await trainNext(place, 2);
    },
    isDone: (_, pipeline) => isReady(pipeline) && isInService(pipeline?.status, 'v2'),
  },
  delete: {
    act: ({ bed, namespace }) => bed.client.remove(pipelinePath(namespace)),
    isDone: async ({ bed, namespace }, pipeline) =>
      pipeline === undefined && (await childrenIn(bed.client, namespace)).length === 0,
  },
};

function conditionOf(status: PipelineStatus | undefined, type: string): string {
  const found = status?.conditions?.find((condition) => condition.type === type);
  return `${found?.status} ${found?.reason}`;
}

function isReady(pipeline: PipelineSeen | undefined): boolean {
  const { status, metadata } = pipeline ?? {};
  return status?.observedGeneration === metadata?.generation && conditionOf(status, 'Ready') === 'True Ready';
}

function isInService({ model, training }: PipelineStatus = {}, version: string): boolean {
  const { active, canaryPercent }: ModelStatus = model ?? {};
  return active?.version === version && canaryPercent === 100 && training?.phase === 'Succeeded';
}

/** As the trainer of the pipeline's n-th Job would: announces what it has learned, once; and as the gate would judge it. */
async function trainNext({ bed, namespace, signal }: Place, n: number): Promise<void> {
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const jobs = async () =>
    (await bed.client.get<{ items: KubeObject[] }>(path))!.items.toSorted((a, b) => createdAt(a) - createdAt(b));
  let found = await jobs();
  while (found.length < n) {
    signal.throwIfAborted();
    await sleep(pauseMs);
    found = await jobs();
  }
  const candidate: CandidateMessage = {
    kind: 'candidate',
    runId: found[n - 1]!.metadata.name,
    model: 'next-item',
    version: `v${n}`,
    digest: `digest-of-v${n}`,
    trainedAt: '2026-01-01T00:00:00.000Z',
    events: 1000,
    metrics: { 'ndcg@10': 0.1, 'popularity.ndcg@10': 0.01 },
  };
  const { runId, model, version, digest } = candidate;
  const against = n === 1 ? null : `digest-of-v${n - 1}`;
  const said = { verdict: 'Passed', reasons: ['it is good'], figures: {}, judgedAt: candidate.trainedAt } as const;
  const gate: GateMessage = { kind: 'gate', runId, model, version, digest, against, ...said };
  await send(bed, `${namespace}.shop.models.e1`, { [candidateKey(runId)]: candidate, [gateKey(runId)]: gate });
}

const createdAt = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '');

/** A producer of its own: one that lives on asks for the topics of every pipeline that there ever was. */
async function send({ kafka }: OperatorBed, topic: string, messages: Readonly<Record<string, object>>): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({
    topic,
    messages: Object.entries(messages).map(([key, message]) => ({ key, value: JSON.stringify(message), partition: 0 })),
  });
  await producer.disconnect();
}

/** Resolves when it is so; false when nobody waits any more. */
export async function until({ signal }: Place, isSo: () => Promise<boolean>): Promise<boolean> {
  while (!(await isSo())) {
    if (signal.aborted) return false;
    await sleep(pauseMs);
  }
  return true;
}

export const pipelineAt = ({ bed, namespace }: Place) => pipelineIn(bed.client, namespace);
