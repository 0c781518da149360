/** A transform for Deployments, StatefulSets, Jobs and claims: only what tells how far they are, which is a tenth of them. */
import { createPool, type Pool } from './pool.ts';
import type { KubeObject } from './resource.ts';

interface Template {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
}

interface Workload extends KubeObject {
  readonly spec?: { readonly replicas?: number; readonly template?: Template; readonly resources?: object };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/**
 * Of a pod template it keeps names and images of the containers. Of a Deployment nothing else but its replicas and its
 * status, without what is said of conditions that are as they should be. Of a claim how much it asks for.
 */
export function slimWorkload(pool: Pool = createPool()): <T extends KubeObject>(object: T) => T {
  return (object) => {
    if (object.kind === 'PersistentVolumeClaim') return slimClaim(object, pool);
    const { spec, status } = object as Workload;
    if (spec?.template === undefined) return object;
    const containers = (spec.template.spec?.containers ?? []).map(({ name, image }) => ({ name, image }));
    const template = { spec: { containers } };
    if (object.kind !== 'Deployment') return { ...object, spec: { ...spec, template } };
    const { replicas } = spec;
    const kept = pool.shared({ ...(replicas !== undefined && { replicas }), template });
    return { ...object, spec: kept, ...(status && { status: slimStatus(status) }) };
  };
}

function slimClaim<T extends Workload>(object: T, pool: Pool): T {
  const { status: _, ...claim } = object;
  return { ...claim, spec: pool.shared({ resources: claim.spec?.resources ?? {} }) } as unknown as T;
}

/** `Progressing` keeps its times even when all is well: since when a rollout has stood still is read from them. */
function slimStatus(status: NonNullable<Workload['status']>): NonNullable<Workload['status']> {
  const conditions = (status.conditions ?? []).filter(({ type, status: is }) => type !== 'Available' || is !== 'True');
  return { ...status, conditions: conditions.map((condition) => (isWell(condition) ? unsaid(condition) : condition)) };
}

const isWell = ({ type, status }: Condition): boolean => type === 'Progressing' && status === 'True';

function unsaid(condition: Condition): Condition {
  const { message: _, ...rest } = condition;
  return rest;
}
