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
const metric = 'ndcg@10';
const rival = `popularity.${metric}`;
/** Two runs are judged by different hold-outs, so that a smaller loss says nothing. */
const tolerated = 0.2;

/**
 * The operator cannot open artifacts (serving does, and refuses a bad one), so it reads the metrics that a run announced:
 * all must be numbers, NDCG@10 must not be below that of the most popular items on the same hold-out, nor a fifth below
 * what the active model's run announced. What is missing is not compared.
 */
export const announcedMetricsGate: Gate = {
  judge({ metrics }, active) {
    const bad = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
    if (bad) return { verdict: 'Refused', reason: `its ${bad[0]} is not a number` };
    const own = metrics[metric];
    if (own === undefined) return { verdict: 'Passed', reason: `it has no ${metric} to be compared` };
    const popular = metrics[rival] ?? -Infinity;
    if (own < popular) return refused(own, popular, 'the most popular items have');
    const before = (active?.metrics[metric] ?? -Infinity) * (1 - tolerated);
    if (own < before) return refused(own, active!.metrics[metric]!, 'much less than the active model with');
    return { verdict: 'Passed', reason: `its ${metric} is ${short(own)}` };
  },
};

function refused(own: number, other: number, than: string): GateVerdict {
  return { verdict: 'Refused', reason: `its ${metric} is ${short(own)}, ${than} ${short(other)}` };
}

const short = (value: number): string => value.toFixed(4);
