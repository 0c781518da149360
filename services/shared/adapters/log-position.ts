/** Positions against the log: what a consumer may read, and what it must not pass over in silence. */
import { LikenessError } from '../errors.ts';

/** A position outside the log means loss or another log: whoever goes on silently skips records. */
export function checkPosition(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  position: number,
  { low, high }: { low: number; high: number },
): void {
  if (position > high) {
    throw new LikenessError(
      'LogAheadOfTopic',
      `Position ${position} lies behind the end (${high}) of partition ${partition} of ${topic}: the topic was ` +
        'created again, or lost its end. Raise the epoch and rebuild from the archive.',
    );
  }
  if (position < low) {
    throw new LikenessError(
      'LogGap',
      `Position ${position} lies before the start (${low}) of partition ${partition} of ${topic}: records between ` +
        'them are gone. Raise the retention, and rebuild, or accept the loss by starting from the start of the log.',
    );
  }
}
