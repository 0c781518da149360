/** What a Kubernetes object is to this runtime: plain JSON with a kind, a name and a path on the API server. */

export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: FieldSet;
}

/** Kubernetes' FieldsV1: `f:name` of a field, `k:{…}` of an element by its keys, `v:…` of an element by its value. */
export interface FieldSet {
  readonly [path: string]: FieldSet;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFields[];
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** Names one object within its resource; `namespace` is absent for what belongs to the whole cluster. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

export const apiVersionOf = ({ group, version }: Resource): string => (group ? `${group}/${version}` : version);

/**
 * `namespace/name`, or `name` alone; the key of caches and queues. Joined, because V8 keeps a text that was put together
 * by a template as a pair of texts for as long as it lives.
 */
export const keyOf = ({ namespace, name }: ObjectRef): string => (namespace ? [namespace, name].join('/') : name);

export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The path of all objects of a resource, in one namespace or (without one) in all. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(resource: Resource, { namespace, name }: ObjectRef, subresource?: string): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}
