/** What a cleaning step is: pure, data in and data out; it returns the same object if it changed nothing. */
import type { Catalogue } from '../shared/catalogue.ts';
import type { CleanEvent } from '../shared/event.ts';
import type { Result } from '../shared/result.ts';

/** An event on its way through the steps: clean but for the profile, which is decided last. */
export type Draft = Omit<CleanEvent, 'profile'>;

/** What a step may read besides the event. */
export interface StepContext {
  readonly catalogue: Pick<Catalogue, 'get'>;
}

export type Step = (event: Draft, context: StepContext) => Result<Draft>;
