/** How the model on trial and the model before it answer: what serving counts, and what alarms are raised by. */

/** `canary` answers the profiles on trial, `stable` all others. */
const arms = ['canary', 'stable'] as const;
export type Arm = (typeof arms)[number];

/** Upper bounds, in seconds, of the bins in which answers are counted; what took longer is in one more bin. */
export const answerSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] as const;

/** Counts since the model of this generation began to serve; those of several processes add up. */
export interface ArmFigures {
  /** Recommendations, or probabilities, that were asked for. */
  readonly answers: number;
  /** Of these, such as failed by a fault of this side. */
  readonly errors: number;
  /** By bin of `answerSeconds`, one more than there are bounds. */
  readonly seconds: readonly number[];
}

/** Of one model while it is on trial. */
export interface TrialFigures {
  readonly model: string;
  /** Of the message `active` that began the trial. */
  readonly generation: number;
  readonly canary: ArmFigures;
  readonly stable: ArmFigures;
}

/**
 * What a person did next, against what the arm's model would have shown before: `hits` of `questions` were among its first
 * ones. By version, because whoever asks the models (the watch over quality) knows versions.
 */
export interface ArmQuality {
  readonly version: string;
  readonly questions: number;
  readonly hits: number;
}

export interface TrialQuality {
  readonly canary: ArmQuality;
  readonly stable: ArmQuality;
}
