/** The canonical event, the one shape that every source is translated into. */

export interface ItemAttributes {
  readonly category?: string | null;
  readonly brand?: string | null;
  readonly title?: string | null;
  readonly price?: number | null;
  readonly available?: boolean;
}

/** An event as its sender describes it. Times are RFC 3339 strings in UTC with milliseconds. */
export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly userId?: string | null;
  readonly anonymousId?: string | null;
  /** `alias` only: the id that `userId` was known by before. */
  readonly previousId?: string | null;
  readonly itemId?: string | null;
  readonly value?: number | null;
  readonly quantity?: number | null;
  readonly text?: string | null;
  readonly item?: ItemAttributes | null;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** An event as it lies in `events-raw`: ingest has stamped when it came in. */
export interface RawEvent extends SentEvent {
  /** Ingest's wall clock. */
  readonly ingestedAt: string;
  /** The same, except under a write key with the `import` scope, where it is `time`. */
  readonly receivedAt: string;
}

/** An event as it lies in `events-clean`, once for each profile that it concerns. */
export interface CleanEvent extends RawEvent {
  /** The profile that this copy belongs to; `identify` and `alias` have a copy for both ends of the link. */
  readonly profile: string;
  /** Version of the catalogue's item attributes that the cleaner stamped in; absent if the event brought its own. */
  readonly itemVersion?: string;
  readonly tags?: readonly string[];
  /** Paths of the fields that the cleaner has filled in: nobody sent them. */
  readonly imputed?: readonly string[];
  /** By the name of the step that scaled it; features read `scaled.NAME`. */
  readonly scaled?: Readonly<Record<string, number>>;
  /** Version of the model by which the cleaner filled in, scaled or tagged; absent where no model had a part in it. */
  readonly cleanedBy?: string;
}

/** A refused event, in `events-dead`. `event` is what arrived, untouched, so that it can be replayed. */
export interface DeadLetter {
  readonly reason: string;
  readonly detail: string;
  /** `topic-partition-offset-index` of the refused event. */
  readonly source: string;
  readonly stage: 'cleaner' | 'feature';
  readonly refusedAt: string;
  readonly event: unknown;
}

/** The id that decides an event's partition and profile: the user if known, else the anonymous visitor. */
export function profileIdOf(event: Pick<SentEvent, 'userId' | 'anonymousId'>): string | undefined {
  return event.userId || event.anonymousId || undefined;
}
