/** Which fields of an object are still ours: the server takes a field from a manager when somebody else changes it. */
import { createPool, type Pool } from './pool.ts';
import type { FieldSet, KubeObject } from './resource.ts';

/** Compared by value instead, since every cached object has its metadata. */
const byValue = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/**
 * A transform for an informer: of managedFields it keeps the set of fields that `manager` applied, without those of
 * metadata. Equal sets, labels and owners are one object in memory, whatever the number of objects.
 */
export function keepOwnFields(manager: string, pool: Pool = createPool()): <T extends KubeObject>(object: T) => T {
  return <T extends KubeObject>({ apiVersion, kind, metadata, ...fields }: T): T =>
    ({ apiVersion, kind, metadata: keptMetadata(metadata, manager, pool), ...fields }) as unknown as T;
}

/** Written out, though some are often undefined: what V8 sees in the source has its place in the object itself. */
function keptMetadata(metadata: KubeObject['metadata'], manager: string, pool: Pool) {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels, annotations, ownerReferences, ...rest } =
    metadata;
  const { managedFields, ...others } = rest;
  const own = managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
  );
  const { 'f:metadata': _, ...fieldsV1 } = own?.fieldsV1 ?? {};
  return {
    name,
    namespace: namespace && pool.text(namespace),
    uid,
    resourceVersion,
    creationTimestamp: creationTimestamp && pool.text(creationTimestamp),
    labels: labels && pool.texts(labels),
    annotations,
    ownerReferences: ownerReferences && pool.shared(ownerReferences),
    managedFields: own?.fieldsV1 && pool.shared([{ fieldsV1 }]),
    ...others,
  };
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
