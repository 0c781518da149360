/** How many of a stage there are, and what each may use. Pure. */
import type { Amounts, Resources } from '../crds/cluster.ts';
import type { StageName } from './plan.ts';

export interface Autoscaling {
  /** `Processor`: by how busy they are. `Lag`: by the records that wait before the stage. */
  readonly by: 'Processor' | 'Lag';
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** With `Lag`: one replica for so many records. */
  readonly lagThreshold?: number;
}

interface Sized {
  readonly replicas?: number | undefined;
  readonly autoscaling?:
    | {
        readonly mode: 'HPA' | 'KEDA';
        readonly minReplicas: number;
        readonly maxReplicas: number;
        readonly lagThreshold?: number | undefined;
      }
    | undefined;
}

export function plannedReplicas(sized: Sized | undefined, autoscaling: Autoscaling | undefined): number {
  return autoscaling?.minReplicas ?? sized?.replicas ?? 1;
}

/** A stage that waits on a stream never has more replicas than there are partitions to share. */
export function planAutoscaling(
  name: StageName,
  sized: Sized | undefined,
  partitions: number,
): Autoscaling | undefined {
  if (sized?.autoscaling === undefined) return undefined;
  const { mode, minReplicas, maxReplicas, lagThreshold = 1000 } = sized.autoscaling;
  const most = name === 'cleaner' || name === 'feature' ? partitions : maxReplicas;
  return {
    by: mode === 'KEDA' ? 'Lag' : 'Processor',
    minReplicas: Math.min(minReplicas, most),
    maxReplicas: Math.min(maxReplicas, most),
    ...(mode === 'KEDA' && { lagThreshold }),
  };
}

/** What such a stage usually needs; also what autoscaling by processor measures against. */
const usual: Readonly<Record<StageName, { readonly cpu: string; readonly memory: string }>> = {
  ingest: { cpu: '250m', memory: '256Mi' },
  cleaner: { cpu: '250m', memory: '256Mi' },
  feature: { cpu: '250m', memory: '512Mi' },
  serving: { cpu: '250m', memory: '512Mi' },
  archive: { cpu: '250m', memory: '512Mi' },
  trainer: { cpu: '1', memory: '2Gi' },
  gate: { cpu: '1', memory: '1Gi' },
};

/** Requests that are not named are the usual ones; of what has only a limit, that limit. */
export function planResources(
  name: StageName,
  given: Resources | undefined,
): Resources & { readonly requests: Amounts } {
  const { cpu = usual[name].cpu, memory = usual[name].memory } = given?.limits ?? {};
  const requests = { cpu, memory, ...given?.requests };
  return { requests, ...(given?.limits && { limits: given.limits }) };
}
