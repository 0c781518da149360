/** What a demonstration came to, in figures. Pure. */
import type { Comparison } from './compare.ts';
import { followingSteps, type Mark } from './marks.ts';
import { type Asked, rateBetween } from './questions.ts';
import type { DemoSummary } from './report.ts';

interface Ran {
  readonly marks: readonly Mark[];
  readonly asked: readonly Asked[];
  readonly others: Comparison;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  readonly seed: number;
  readonly events: number;
}

/** Of the time before the change: its last part, when the model had become good. */
const beforeMs = 15_000;

export function summariseDemo({ marks, asked, others, changedAt, seed, events }: Ran): DemoSummary {
  const [, verdict, , , canary, active] = followingSteps(marks);
  const secondsTo = (mark: Mark | undefined): number | null =>
    mark === undefined ? null : (mark.time - changedAt) / 1000;
  const [live, unchanged, fresh] = [asked, others.static, others.fresh].map((answers) =>
    rateBetween(answers, others.freshFrom),
  ) as [number, number, number];
  return {
    synthetic: true,
    seed,
    events,
    before: rateBetween(asked, changedAt - beforeMs, changedAt),
    fallen: rateBetween(asked, changedAt, canary?.time),
    live,
    static: unchanged,
    fresh,
    recoveredFraction: live / fresh,
    staticFraction: unchanged / fresh,
    secondsToVerdict: secondsTo(verdict),
    secondsToRecovery: secondsTo(active),
  };
}
