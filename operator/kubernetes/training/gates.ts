/** Looks of the gate at candidates: makes the Job of each that is wanted, once. What it finds out is in the stream. */
import type { GateRequest } from '../../gate.ts';
import type { Plan } from '../../plan.ts';
import type { Children } from '../children.ts';
import { gateJobName, isGateJob, renderGateJob } from '../render/gate-job.ts';
import type { RenderOptions } from '../render/rendering.ts';
import { isAlreadyExists } from '../runtime/api-error.ts';
import type { Api } from '../runtime/api.ts';
import { kinds } from '../runtime/kinds.ts';
import type { TrainingJob } from './observe-job.ts';

export interface GatesDeps {
  readonly api: Pick<Api, 'create'>;
  readonly children: Pick<Children, 'of'>;
}

export interface GatesInput {
  readonly plan: Plan;
  readonly options: RenderOptions;
  readonly requests: readonly GateRequest[];
}

export class Gates {
  readonly #deps: GatesDeps;

  constructor(deps: GatesDeps) {
    this.#deps = deps;
  }

  /** Text that changes when a verdict may have come. */
  hintOf(key: string): string {
    const ended = this.#jobsOf(key).filter(({ status }) =>
      status?.conditions?.some(({ type, status: holds }) => type === 'Complete' && holds === 'True'),
    );
    return ended
      .map(({ metadata }) => metadata.name)
      .sort()
      .join(' ');
  }

  /** A Job that has failed is tried again once it is cleared away; until then it says what is wrong. */
  async want(key: string, { plan, options, requests }: GatesInput): Promise<void> {
    if (requests.length === 0 || plan.suspended) return;
    const known = new Set(this.#jobsOf(key).map(({ metadata }) => metadata.name));
    for (const request of requests) {
      if (known.has(gateJobName(plan.pipeline.name, request))) continue;
      try {
        await this.#deps.api.create(kinds.Job, renderGateJob(plan, request, options));
      } catch (error) {
        // The cache lags, or another leader was quicker.
        if (!isAlreadyExists(error)) throw error;
      }
    }
  }

  #jobsOf(key: string): TrainingJob[] {
    return this.#deps.children.of(key).filter((child) => child.kind === 'Job' && isGateJob(child)) as TrainingJob[];
  }
}
