/** What the cluster has and what it would have → a unified diff of what a person wants to see. Pure. */
import { stringify } from 'yaml';
import type { KubeObject } from '../../operator/kubernetes/runtime/resource.ts';
import { keyOf } from '../../operator/kubernetes/runtime/resource.ts';
import { unifiedDiff } from './unified-diff.ts';

/** Of what the operator last applied. */
export const hashAnnotation = 'likeness.dev/applied';

/** They change with every other change, and say nothing to a person. */
const echoes = new Set([hashAnnotation, 'kubectl.kubernetes.io/last-applied-configuration']);

/** What the server writes by itself. */
const serversOwn = new Set(['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink']);

/** undefined: there is none. The same twice, but for what the server writes: no line. */
export function compareObjects(before: KubeObject | undefined, after: KubeObject | undefined): string[] {
  const named = (after ?? before)!;
  const name = `${named.apiVersion} ${named.kind} ${keyOf(named.metadata)}`;
  return unifiedDiff(textOf(before), textOf(after), {
    before: before === undefined ? '/dev/null' : `now  ${name}`,
    after: after === undefined ? '/dev/null' : `then ${name}`,
  });
}

function textOf(object: KubeObject | undefined): string {
  if (object === undefined) return '';
  const { metadata, status: _, ...rest } = object as KubeObject & { status?: unknown };
  const { annotations = {}, ...kept } = without(metadata, serversOwn);
  const own = without(annotations, echoes);
  const shown = { ...rest, metadata: { ...kept, ...(Object.keys(own).length > 0 && { annotations: own }) } };
  return stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true });
}

const without = <T extends object>(fields: T, names: ReadonlySet<string>): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name))) as Partial<T>;
