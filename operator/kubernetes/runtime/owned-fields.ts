/** Which fields of an object are still ours: the server takes a field from a manager when somebody else changes it. */
import type { FieldSet, KubeObject } from './resource.ts';

/** Beyond this the pool is emptied. An operator has dozens of shapes of objects, and a few labels and owners each. */
const poolLimit = 100_000;
/** Compared by value instead, since every cached object has its metadata. */
const byValue = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/**
 * A transform for an informer: of managedFields it keeps the set of fields that `manager` applied, without those of
 * metadata. Equal sets, labels and owners are one object in memory, whatever the number of objects.
 */
export function keepOwnFields(manager: string): <T extends KubeObject>(object: T) => T {
  const shared = createPool();
  return (object) => {
    const { managedFields, ...metadata } = object.metadata;
    const own = managedFields?.find(
      (entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
    );
    const { 'f:metadata': _, ...fieldsV1 } = own?.fieldsV1 ?? {};
    const { labels, ownerReferences } = metadata;
    return {
      ...object,
      metadata: {
        ...metadata,
        ...(labels && { labels: shared(labels) }),
        ...(ownerReferences && { ownerReferences: shared(ownerReferences) }),
        ...(own?.fieldsV1 && { managedFields: shared([{ fieldsV1 }]) }),
      },
    };
  };
}

function createPool(): <T extends object>(value: T) => T {
  const pool = new Map<string, object>();
  return <T extends object>(value: T): T => {
    const text = JSON.stringify(value);
    const held = pool.get(text);
    if (held) return held as T;
    if (pool.size >= poolLimit) pool.clear();
    pool.set(text, value);
    return value;
  };
}

/**
 * A transform for Deployments and StatefulSets: of the pod template it keeps names and images of the containers, which
 * is what a status is made of. The template is three quarters of such an object.
 */
export function withoutTemplate<T extends KubeObject>(object: T): T {
  const { spec } = object as { spec?: { template?: PodTemplate } };
  if (!spec?.template) return object;
  const containers = (spec.template.spec?.containers ?? []).map(({ name, image }) => ({ name, image }));
  return { ...object, spec: { ...spec, template: { spec: { containers } } } };
}

interface PodTemplate {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
}

/** What `keepOwnFields` kept. */
export const ownFields = ({ metadata }: KubeObject): FieldSet | undefined => metadata.managedFields?.[0]?.fieldsV1;

/** Whether every field that `wanted` sets (metadata and status aside) is in the set. */
export function ownsAll(fields: FieldSet, wanted: object): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => byValue.has(name) || isAbsent(value) || owns(fields[`f:${name}`], value),
  );
}

/** A node without children stands for all below it: a scalar, an atomic list or map, an empty object. */
function owns(node: FieldSet | undefined, value: unknown): boolean {
  if (!node) return false;
  if (typeof value !== 'object' || value === null || isLeaf(node)) return true;
  if (Array.isArray(value)) return value.every((element) => ownsElement(node, element));
  return Object.entries(value).every(([name, child]) => isAbsent(child) || owns(node[`f:${name}`], child));
}

/** An element is found by its value (`v:"a"`), or by its keys (`k:{"name":"a"}`), some of which the server fills in. */
function ownsElement(node: FieldSet, element: unknown): boolean {
  if (typeof element !== 'object' || element === null) return `v:${JSON.stringify(element)}` in node;
  return Object.entries(node).some(
    ([path, child]) => path.startsWith('k:') && matches(path.slice(2), element) && owns(child, element),
  );
}

function matches(keys: string, element: object): boolean {
  const given = new Map<string, unknown>(Object.entries(element));
  return Object.entries(JSON.parse(keys) as Record<string, unknown>).every(
    ([name, value]) => isAbsent(given.get(name)) || given.get(name) === value,
  );
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const isLeaf = (node: FieldSet): boolean => {
  for (const path in node) if (path !== '.') return false;
  return true;
};
