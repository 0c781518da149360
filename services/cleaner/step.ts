/** What a cleaning step is: pure, data in and data out; it returns the same object if it changed nothing. */
import type { Catalogue } from '../shared/catalogue.ts';
import type { CleanEvent } from '../shared/event.ts';
import type { Result } from '../shared/result.ts';
import type { ActiveCleaning } from './active-cleaning.ts';

/** An event on its way through the steps: clean but for the profile, which is decided last. */
export type Draft = Omit<CleanEvent, 'profile'>;

/** What a step may read besides the event. */
export interface StepContext {
  readonly catalogue: Pick<Catalogue, 'get'>;
  /** What was learned; absent before the first model. One batch is cleaned by one model. */
  readonly cleaning?: ActiveCleaning | undefined;
  /** Counts what the steps do that learn. */
  readonly applied?: (kind: AppliedKind, step: string) => void;
}

/** `unlearned`: the step is for the event, and no model has learned it yet, so that the event stays as it is. */
export const appliedKinds = ['imputed', 'scaled', 'outlier', 'unlearned'] as const;
export type AppliedKind = (typeof appliedKinds)[number];

export type Step = (event: Draft, context: StepContext) => Result<Draft>;
