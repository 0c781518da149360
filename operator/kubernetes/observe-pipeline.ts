/** What the cluster shows of a pipeline → its status. Asks for pods only where a stage stays behind. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PipelineStatus } from '../../crds/status.ts';
import type { Plan, ServiceName, Workload } from '../plan.ts';
import {
  computeStatus,
  type LearningObserved,
  type LogsObserved,
  type SpecRefusal,
  type StageObserved,
  type TopicsObserved,
} from '../status.ts';
import type { Children } from './children.ts';
import { missingSecrets, waitsForVolumes } from './missing-secrets.ts';
import { observeStage, type CloserLook, type StageWorkload } from './observe.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { pipelineLabel } from './render/metadata.ts';
import type { Api } from './runtime/api.ts';
import { kinds } from './runtime/kinds.ts';
import { refOf, type KubeObject } from './runtime/resource.ts';
import type { Timing } from './runtime/timing.ts';

export interface ObserveDeps {
  readonly api: Pick<Api, 'listPage' | 'find'>;
  readonly children: Children;
  readonly timing: Timing;
  readonly release: { readonly version: string };
}

export interface Found {
  readonly pipeline: PipelineObject;
  readonly refusal: SpecRefusal | undefined;
  readonly plan?: Plan;
  readonly topics?: TopicsObserved;
  readonly applyFailure: string | undefined;
  readonly learning?: LearningObserved | undefined;
  readonly logs?: LogsObserved | undefined;
}

const stageNames: readonly ServiceName[] = ['ingest', 'cleaner', 'feature', 'archive', 'serving'];
const componentLabel = 'app.kubernetes.io/component';
/** A stage that is behind for less than this is merely starting. */
const patienceMs = 10_000;
const maxPods = 50;

export async function observePipeline(deps: ObserveDeps, key: string, found: Found): Promise<PipelineStatus> {
  const { pipeline, plan } = found;
  const { namespace, name } = refOf(key);
  const labels = {
    'app.kubernetes.io/name': 'likeness',
    'app.kubernetes.io/instance': name,
    [componentLabel]: 'serving',
  };
  return computeStatus({
    generation: pipeline.metadata.generation ?? 0,
    now: deps.timing.now(),
    operatorVersion: deps.release.version,
    epoch: pipeline.status?.epoch ?? 1,
    previous: pipeline.status,
    refusal: found.refusal,
    suspended: plan?.suspended ?? false,
    topics: found.topics,
    applyFailure: found.applyFailure,
    stages: await observeStages(deps, key, plan),
    learning: found.learning,
    logs: found.logs,
    serving: {
      url: `http://${name}-serving.${namespace}.svc`,
      selector: Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(','),
    },
  });
}

async function observeStages(deps: ObserveDeps, key: string, plan: Plan | undefined): Promise<StageObserved[]> {
  const workloads = deps.children.of(key).filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const observed = stageNames.flatMap((name) => {
    const ofStage = workloads.filter(({ metadata }) => metadata.labels?.[componentLabel] === name);
    // While ingest gets or loses its log it has both: the one that is to stay counts.
    const planned = plan?.workloads.find((workload) => workload.name === name);
    const keepsLog = planned && planned.storage !== undefined;
    const workload = ofStage.find(({ kind }) => (kind === 'StatefulSet') === keepsLog) ?? ofStage[0];
    return workload === undefined ? [] : [{ name, planned, workload: workload as StageWorkload & KubeObject }];
  });
  return Promise.all(
    observed.map(async ({ name, planned, workload }) => {
      const stage = observeStage(name, workload);
      if (stage.ready >= stage.desired || !isLate(workload, deps.timing.now())) return stage;
      return observeStage(name, workload, await lookCloser(deps, key, { name, secrets: planned?.secrets ?? [] }));
    }),
  );
}

function isLate({ metadata, status }: StageWorkload & KubeObject, now: number): boolean {
  const progress = status?.conditions?.find(({ type }) => type === 'Progressing');
  // Plain JSON: a time is a text, whatever the types of the client say.
  const since = (progress?.lastUpdateTime ?? metadata.creationTimestamp) as unknown as string | undefined;
  return since !== undefined && now - Date.parse(since) >= patienceMs;
}

async function lookCloser(
  deps: ObserveDeps,
  key: string,
  { name, secrets }: Pick<Workload, 'secrets'> & { readonly name: ServiceName },
): Promise<CloserLook> {
  const pods = await podsOf(deps, key, name);
  const { namespace = '' } = refOf(key);
  return { pods, missing: pods.some(waitsForVolumes) ? await missingSecrets(deps.api, namespace, secrets) : [] };
}

async function podsOf({ api }: ObserveDeps, key: string, stage: ServiceName): Promise<readonly V1Pod[]> {
  const { namespace, name } = refOf(key);
  const labelSelector = `${pipelineLabel}=${name},${componentLabel}=${stage}`;
  const selection = { ...(namespace !== undefined && { namespace }), labelSelector };
  return (await api.listPage<V1Pod & KubeObject>(kinds.Pod, selection, { limit: maxPods })).items;
}
