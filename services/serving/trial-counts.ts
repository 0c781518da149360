/** Counts how the model on trial and the one beside it answer: for metrics, and for whoever decides whether it stays. */
import { answerSeconds, type ArmFigures, type TrialFigures } from '../shared/trial-figures.ts';
import type { ServingMetrics } from './metrics.ts';
import type { Served } from './recommend.ts';

export interface TrialCounts {
  /** Does the work of an answer, and counts it where the model has an arm. Throws what the work throws. */
  measure<T>(model: Pick<Served<unknown>, 'name' | 'generation' | 'arm'>, work: () => T): T;
  /** Of each model of which a trial has been counted, the newest. */
  figures(): TrialFigures[];
}

type Counts = { -readonly [Key in keyof ArmFigures]: ArmFigures[Key] } & { seconds: number[] };

interface Trial {
  readonly model: string;
  readonly generation: number;
  readonly canary: Counts;
  readonly stable: Counts;
}

/** `now`: a clock of milliseconds, for durations only. */
export function createTrialCounts(metrics: ServingMetrics, now: () => number): TrialCounts {
  const trials = new Map<string, Trial>();

  function trialOf(model: string, generation: number): Trial {
    const known = trials.get(model);
    if (known?.generation === generation) return known;
    if (known) forget(metrics, known);
    const trial = { model, generation, canary: noCounts(), stable: noCounts() };
    trials.set(model, trial);
    return trial;
  }

  return {
    measure: ({ name: model, generation, arm }, work) => {
      if (arm === undefined) return work();
      const counts = trialOf(model, generation)[arm];
      const labels = { model, generation: String(generation), arm };
      const started = now();
      let result: 'answered' | 'failed' = 'failed';
      try {
        const answer = work();
        result = 'answered';
        return answer;
      } finally {
        const seconds = (now() - started) / 1000;
        counts.answers++;
        if (result === 'failed') counts.errors++;
        counts.seconds[binOf(seconds)]!++;
        metrics.trialAnswers.inc({ ...labels, result });
        metrics.trialSeconds.observe(labels, seconds);
      }
    },
    figures: () => [...trials.values()],
  };
}

const noCounts = (): Counts => ({
  answers: 0,
  errors: 0,
  seconds: Array.from({ length: answerSeconds.length + 1 }, () => 0),
});

function binOf(seconds: number): number {
  const bin = answerSeconds.findIndex((bound) => seconds <= bound);
  return bin < 0 ? answerSeconds.length : bin;
}

/** Or each trial would leave its series behind for ever. */
function forget({ trialAnswers, trialSeconds }: ServingMetrics, { model, generation }: Trial): void {
  for (const arm of ['canary', 'stable']) {
    const labels = { model, generation: String(generation), arm };
    for (const result of ['answered', 'failed']) trialAnswers.remove({ ...labels, result });
    trialSeconds.remove(labels);
  }
}
