/** A step of a person and where it stands among the others. */

export interface StepOrder {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Order among steps of one time, and with the member what a repeat is told by. */
  readonly hi: number;
  readonly lo: number;
  /** Number of the id under which it came. */
  readonly member: number;
}

export interface Step extends StepOrder {
  readonly item: number;
  readonly target: boolean;
}

/** Negative where `a` comes first. */
export const compareSteps = (a: StepOrder, b: StepOrder): number => a.time - b.time || a.hi - b.hi || a.lo - b.lo;
