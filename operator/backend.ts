/** Port: where a plan runs. On a laptop in one process or in child processes; in a cluster as Kubernetes objects. */
import type { Plan, Workload } from './plan.ts';

export interface ObservedWorkload {
  readonly name: Workload['name'];
  readonly desired: number;
  readonly ready: number;
  /** Why it is not ready, in words for a person. */
  readonly reasons: readonly string[];
}

export interface Observed {
  readonly workloads: readonly ObservedWorkload[];
  /** Records that wait before a stage. */
  readonly lag: { readonly cleaner: number; readonly feature: number };
  readonly training: {
    readonly phase: 'Idle' | 'Running' | 'Succeeded' | 'Failed';
    readonly message: string;
    /** Runs that have failed in a row since the plan was applied. */
    readonly failures: number;
  };
  /** Of the first of the spec's models; undefined: none is in service. */
  readonly model: { readonly version: string; readonly generation: number } | undefined;
  /** Changed features that are computed from the history beside those that are served; absent: none. */
  readonly backfill?: { readonly definition: string; readonly progressPercentage: number } | undefined;
  /** How each model of the spec is on its way into service. */
  readonly promotions: readonly { readonly name: string; readonly phase: string; readonly message: string }[];
}

export interface Backend {
  /** Makes the plan true: topics, services, training. */
  apply(plan: Plan): Promise<void>;
  observe(): Promise<Observed>;
  /** Stops everything that apply started; topics, profiles and models stay. */
  remove(): Promise<void>;
}
