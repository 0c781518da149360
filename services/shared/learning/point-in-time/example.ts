/** Point-in-time examples: what a model could have known at a moment, and what came of it within a time. */

/** What is to be foreseen: an event of one of these types within so long. */
export interface LabelDefinition {
  /** Types of the events that make the label true. */
  readonly events: readonly string[];
  /** Milliseconds. */
  readonly withinMs: number;
}

/**
 * `before`: the features know the events before the moment alone, and the label counts from the moment on, itself
 * included: [t, t + within]. `after`: the features know the events of the moment too, as a page does that is asked for by
 * a view, and the label counts what comes later: (t, t + within].
 */
export type Moment = 'before' | 'after';

export interface Example {
  /** The id at the end of the links that were known at the moment. */
  readonly profile: string;
  /** The moment, that of an event of the profile; milliseconds since 1970. */
  readonly time: number;
  /** By feature, the value that serving would have given at the moment (`AttributeValue.value`). */
  readonly values: Readonly<Record<string, unknown>>;
  readonly label: boolean;
}

export interface Examples {
  /** Ascending by time, then by profile; at most the capacity asked for, drawn by hash from all that are settled. */
  readonly examples: readonly Example[];
  /** Moments that were decided upon and whose horizon has passed. */
  readonly settled: number;
  /** Moments whose horizon the log does not reach: their label is not known, and they are no examples. */
  readonly unsettled: number;
}
