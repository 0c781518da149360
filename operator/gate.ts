/** Port: whether a candidate may go into service. It is judged by a process of its own, which says so in the stream. */
import type { CandidateMessage } from '../services/shared/model-stream.ts';
import type { ModelStanding } from './promotion.ts';

/** `Pending`: the gate has not answered yet; ask again. */
export interface GateVerdict {
  readonly verdict: 'Passed' | 'Refused' | 'Pending';
  /** For a person. */
  readonly reason: string;
}

/** `active` is the candidate that is in service, if there is one and the stream still has it. */
export interface Gate {
  judge(candidate: CandidateMessage, active: CandidateMessage | undefined, standing: ModelStanding): GateVerdict;
}

/** What the gate's process has found out of this artifact, compared with the model that is in service now. */
export const streamGate: Gate = {
  judge({ runId, digest }, _active, { gates = [], active }) {
    const against = active?.digest ?? null;
    const result = gates.findLast((gate) => gate.runId === runId && gate.digest === digest && gate.against === against);
    if (result === undefined) return { verdict: 'Pending', reason: 'its verdict is not in the stream models yet' };
    return { verdict: result.verdict, reason: result.reasons.join('; ') };
  },
};

/** One look of the gate at one candidate; another model in service makes another look necessary. */
export interface GateRequest {
  readonly model: string;
  readonly runId: string;
  readonly digest: string;
  /** Digest of the model in service. */
  readonly against: string | null;
}

/** A gate that notes what it has no verdict on: somebody has to look at it. */
export function notingGate(gate: Gate): { readonly gate: Gate; readonly asked: readonly GateRequest[] } {
  const asked: GateRequest[] = [];
  return {
    asked,
    gate: {
      judge: (candidate, active, standing) => {
        const verdict = gate.judge(candidate, active, standing);
        const { model, runId, digest } = candidate;
        if (verdict.verdict === 'Pending')
          asked.push({ model, runId, digest, against: standing.active?.digest ?? null });
        return verdict;
      },
    },
  };
}
