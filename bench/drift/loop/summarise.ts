/** What a run of the closed loop came to, in the figures by which it is judged. Pure. */
import type { LoopOutcome } from './closed-loop.ts';

export interface LoopSummary {
  /** Verdicts before the change, and any after it but the first. */
  readonly falseAlarms: number;
  /** Events from the change to the first verdict after it; undefined: there was none. */
  readonly delay: number | undefined;
  /** Hit rate of what is served at the end, as a share of the fresh model's. */
  readonly recovered: number;
  /** The same of the model that served when the change came. */
  readonly static: number;
}

export function summariseLoop({ marks, hitRate }: LoopOutcome): LoopSummary {
  const change = marks.find(({ kind }) => kind === 'change')?.at ?? Infinity;
  const verdicts = marks.filter(({ kind }) => kind === 'verdict');
  const found = verdicts.find(({ at }) => at >= change);
  return {
    falseAlarms: verdicts.length - (found === undefined ? 0 : 1),
    delay: found && found.at - change,
    recovered: hitRate.live / hitRate.fresh,
    static: hitRate.static / hitRate.fresh,
  };
}
