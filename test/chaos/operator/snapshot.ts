/** What a namespace holds of a pipeline, without what differs from one run to the next. */
import type { PipelineStatus } from '../../../crds/status.ts';
import type { KubeObject } from '../../../operator/kubernetes/runtime/resource.ts';
import type { ClusterClient } from './cluster-client.ts';
import { withoutHash } from './writes.ts';

export type PipelineSeen = KubeObject & { readonly spec: object; readonly status?: PipelineStatus };

const collections: Readonly<Record<string, readonly string[]>> = {
  '/api/v1': ['configmaps', 'secrets', 'services', 'serviceaccounts', 'persistentvolumeclaims'],
  '/apis/apps/v1': ['deployments', 'statefulsets'],
  '/apis/batch/v1': ['jobs'],
  '/apis/rbac.authorization.k8s.io/v1': ['roles', 'rolebindings'],
  '/apis/networking.k8s.io/v1': ['networkpolicies'],
  '/apis/policy/v1': ['poddisruptionbudgets'],
  '/apis/autoscaling/v2': ['horizontalpodautoscalers'],
};
const ours = 'labelSelector=app.kubernetes.io%2Fmanaged-by%3Dlikeness-operator';

export const pipelinePath = (namespace: string): string =>
  `/apis/likeness.dev/v1alpha1/namespaces/${namespace}/profilepipelines/shop`;

export const pipelineIn = (client: ClusterClient, namespace: string) =>
  client.get<PipelineSeen>(pipelinePath(namespace));

/** Everything that bears the operator's label, of every kind. */
export async function childrenIn(client: ClusterClient, namespace: string): Promise<KubeObject[]> {
  const lists = Object.entries(collections).flatMap(([root, plurals]) =>
    plurals.map(async (plural) => {
      const found = await client.get<{ kind: string; items: KubeObject[] }>(
        `${root}/namespaces/${namespace}/${plural}?${ours}`,
      );
      return found!.items.map((item) => ({ ...item, kind: found!.kind.replace(/List$/, '') }));
    }),
  );
  return (await Promise.all(lists)).flat();
}

/** One line of JSON for each object, in an order of their own; the pipeline with its status first. */
export async function snapshotOf(client: ClusterClient, namespace: string): Promise<string[]> {
  const [pipeline, children] = await Promise.all([pipelineIn(client, namespace), childrenIn(client, namespace)]);
  const lines = children.map((child) => lineOf(child, namespace)).toSorted();
  return [...(pipeline ? [pipelineLine(pipeline, namespace)] : []), ...lines];
}

/** Lines that one has and the other has not. */
export function differences(wanted: readonly string[], found: readonly string[]): string[] {
  const missing = wanted.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`);
  const surplus = found.filter((line) => !wanted.includes(line)).map((line) => `surplus: ${line}`);
  const isCounted = missing.length + surplus.length > 0 || wanted.length === found.length;
  return [...missing, ...surplus, ...(isCounted ? [] : [`${found.length} objects in place of ${wanted.length}`])];
}

function pipelineLine({ spec, status, metadata: { name, generation, finalizers } }: PipelineSeen, namespace: string) {
  return without(namespace, { kind: 'ProfilePipeline', name, generation, finalizers, spec, status });
}

function lineOf({ metadata, kind, ...object }: KubeObject, namespace: string): string {
  const { name, labels, annotations, ownerReferences, finalizers, generation } = metadata;
  const owners = ownerReferences?.map((owner) => `${owner.kind} ${owner.name} ${owner.controller}`);
  const { status: _status, apiVersion: _version, ...rest } = object as Record<string, unknown> & { apiVersion: string };
  // The keys in a Secret are drawn.
  const said = kind === 'Secret' ? { keys: Object.keys(rest['data'] ?? {}) } : rest;
  return without(namespace, { kind, name, labels, annotations, owners, finalizers, generation, ...said });
}

/** Allocated by the cluster, drawn, or of the moment. A node is whichever was free. */
const passing = new Set([
  'batch.kubernetes.io/controller-uid',
  'clusterIP',
  'clusterIPs',
  'controller-uid',
  'digest',
  'lastTransitionTime',
  'likeness.dev/applied',
  'node',
]);
const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\b1[78]\d{11}\b/g;

function without(namespace: string, object: object): string {
  const text = JSON.stringify(object, (key, value: unknown) => (passing.has(key) ? undefined : value));
  return withoutHash(text.replaceAll(namespace, 'NAMESPACE').replaceAll(times, 'TIME'));
}
