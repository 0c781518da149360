/** Tells how far a backfill is, and when there is none (any more): once each, until it has arrived. */
import type { BackfillStanding } from '../../shared/backfill.ts';

export interface TellBackfillOptions {
  /** JSON of the standing; empty: no feature is backfilled. May reject. */
  readonly send: (text: string) => Promise<void>;
  /** Of the first failure in a row. */
  readonly onFailure: (error: unknown) => void;
}

/** Is called over and over; what comes while another is sent, or did not arrive, waits for the next call. */
export type TellBackfill = (standing: BackfillStanding | undefined) => void;

export function tellBackfill({ send, onFailure }: TellBackfillOptions): TellBackfill {
  let arrived: string | undefined;
  let isSending = false;
  let failed = false;

  async function attempt(text: string): Promise<void> {
    isSending = true;
    try {
      await send(text);
      [arrived, failed] = [text, false];
    } catch (error) {
      if (!failed) onFailure(error);
      failed = true;
    } finally {
      isSending = false;
    }
  }

  return (standing) => {
    const text = standing === undefined ? '' : JSON.stringify(standing);
    if (!isSending && text !== arrived) void attempt(text);
  };
}
