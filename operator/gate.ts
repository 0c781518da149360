/** Port: whether a candidate may go into service. The default looks at what the runs say of themselves. */
import type { CandidateMessage } from '../services/shared/model-stream.ts';

/** `Pending`: the gate has not answered yet; ask again. */
export interface GateVerdict {
  readonly verdict: 'Passed' | 'Refused' | 'Pending';
  /** For a person. */
  readonly reason: string;
}

/** `active` is the candidate that is in service, if there is one and the stream still has it. */
export interface Gate {
  judge(candidate: CandidateMessage, active: CandidateMessage | undefined): GateVerdict;
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
