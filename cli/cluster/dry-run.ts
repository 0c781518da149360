/** What the operator would do to a cluster for a spec, asked of the API server, which decides and stores nothing. */
import { discover } from '../../operator/kubernetes/discover.ts';
import { planOf } from '../../operator/kubernetes/plan-of.ts';
import { pruneChildren } from '../../operator/kubernetes/prune.ts';
import { readSpec, type PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { pipelineLabel } from '../../operator/kubernetes/render/metadata.ts';
import { renderPipeline } from '../../operator/kubernetes/render/render.ts';
import { childResources, profilePipelines, resourceOf } from '../../operator/kubernetes/resources.ts';
import type { Api } from '../../operator/kubernetes/runtime/api.ts';
import { Applier, type Applied } from '../../operator/kubernetes/runtime/apply.ts';
import { type KubeObject, keyOf, type Resource } from '../../operator/kubernetes/runtime/resource.ts';
import { systemTiming } from '../../operator/kubernetes/runtime/timing.ts';
import type { Plan } from '../../operator/plan.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import { hashAnnotation } from './compare.ts';
import type { Settings } from './operator-settings.ts';

interface Change {
  readonly before: KubeObject | undefined;
  /** undefined: it would be deleted. */
  readonly after: KubeObject | undefined;
}

export interface DryRun {
  /** The pipeline itself first. */
  readonly changes: readonly Change[];
  /** What the server would not take. */
  readonly failures: readonly Applied[];
  readonly plan: Plan;
}

/** `wanted` has a namespace. Rejects with LikenessError `BadSpec` for a spec that the operator would refuse. */
export async function dryRun(api: Api, wanted: PipelineObject, settings: Settings): Promise<DryRun> {
  const { namespace, name } = wanted.metadata;
  const before = await api.find<PipelineObject>(profilePipelines, { namespace: namespace!, name });
  const after = await tryPipeline(api, wanted, before);
  const read = readSpec(after, settings.defaults);
  if (!read.ok) throw new LikenessError('BadSpec', `The operator would refuse it: ${read.refusal.message}`);
  const plan = planOf(after, read.spec);
  const found = await discover(api, [namespace!]);
  // Of one that is not there yet the server has only made an identity up.
  const uid = before?.metadata.uid;
  const objects = renderPipeline(plan, { ...settings, spec: read.spec, uid, capabilities: found.capabilities });
  const live = await liveObjects(api, objects);
  const applied = await tryObjects(api, objects, live);
  const stale = before === undefined ? [] : await staleObjects(api, before, { objects, live, foreign: found.foreign });
  return {
    changes: [
      { before, after },
      ...applied.flatMap(({ wanted: object, object: answer }) =>
        answer ? [{ before: live(object), after: answer }] : [],
      ),
      ...stale.map((object) => ({ before: object, after: undefined })),
    ],
    failures: applied.filter(({ action }) => action === 'Failed'),
    plan,
  };
}

/** Whole, so that what the file no longer has is gone; labels and annotations of others stay. */
function tryPipeline(api: Api, wanted: PipelineObject, before: PipelineObject | undefined): Promise<PipelineObject> {
  if (before === undefined) return api.create(profilePipelines, wanted, { dryRun: true });
  const { metadata } = before;
  const labels = { ...metadata.labels, ...wanted.metadata.labels };
  const annotations = { ...metadata.annotations, ...wanted.metadata.annotations };
  const merged = { ...metadata, labels, annotations };
  return api.replace(profilePipelines, { ...wanted, metadata: merged, ...statusOf(before) }, { dryRun: true });
}

const statusOf = ({ status }: PipelineObject) => (status === undefined ? {} : { status });

type Live = (object: KubeObject) => KubeObject | undefined;

async function liveObjects(api: Api, objects: readonly KubeObject[]): Promise<Live> {
  const found = await Promise.all(objects.map((object) => api.find(resourceOf(object), object.metadata)));
  const known = new Map(objects.map((object, index) => [idOf(object), found[index]]));
  return (object) => known.get(idOf(object));
}

function tryObjects(api: Api, objects: readonly KubeObject[], cached: Live): Promise<Applied[]> {
  const transform = (object: KubeObject): KubeObject => object;
  const applier = new Applier({ api, resourceOf, cached, transform, hashAnnotation, timing: systemTiming });
  return applier.apply(objects, { dryRun: true });
}

/** What the pipeline has and would no longer be rendered, by the operator's own judgement. */
async function staleObjects(
  api: Api,
  { metadata }: PipelineObject,
  known: { readonly objects: readonly KubeObject[]; readonly live: Live; readonly foreign: readonly Resource[] },
): Promise<KubeObject[]> {
  const { namespace, name } = metadata;
  const labelSelector = `app.kubernetes.io/managed-by=likeness-operator,${pipelineLabel}=${name}`;
  const resources: Resource[] = [...childResources.whole, ...childResources.metadataOnly, ...known.foreign];
  const lists = await Promise.all(
    resources
      .filter(({ kind }) => kind !== 'Secret')
      .map((resource) => listAll(api, resource, { namespace: namespace!, labelSelector })),
  );
  const all = lists.flat();
  const stale: KubeObject[] = [];
  const remember = (_: Resource, ref: { readonly name: string }, { uid }: { readonly uid?: string } = {}) => {
    stale.push(...all.filter((object) => object.metadata.name === ref.name && object.metadata.uid === uid));
    return Promise.resolve(true);
  };
  const children = { of: () => all, cached: known.live };
  await pruneChildren({ api: { delete: remember }, children }, keyOf({ namespace: namespace!, name }), known.objects);
  return stale;
}

/** Items of a list lack what the list itself says: their kind. */
async function listAll(
  api: Api,
  resource: Resource,
  selection: { readonly namespace: string; readonly labelSelector: string },
): Promise<KubeObject[]> {
  const { items } = await api.listPage(resource, selection);
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return items.map((item) => ({ ...item, apiVersion, kind: resource.kind }));
}

const idOf = ({ apiVersion, kind, metadata }: KubeObject): string => `${apiVersion} ${kind} ${keyOf(metadata)}`;
