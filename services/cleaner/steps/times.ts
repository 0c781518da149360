/** Refuses events from the future and events later than the grace. All are facts of the record, never of this clock. */
import { durationMs } from '../../../crds/scalars.ts';
import type { CleanerSlice } from '../../../crds/slices.ts';
import { canonicalTime } from '../../shared/canonical-time.ts';
import { deadLetter, ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

/** A sender's clock may run ahead so far. One event in 2099 would empty every pane, so imports are judged too. */
const maxAheadMs = 5 * 60_000;

export function createTimesStep({ late }: Pick<CleanerSlice['cleaning'], 'late'>): Step {
  const graceMs = durationMs(late.grace);
  return (event) => {
    const time = canonicalTime(event.time);
    const ingestedAt = canonicalTime(event.ingestedAt);
    const receivedAt = event.receivedAt === event.ingestedAt ? ingestedAt : canonicalTime(event.receivedAt);
    if (Number.isNaN(time + ingestedAt + receivedAt)) return deadLetter('SchemaViolation', 'a time is no date');
    if (time - ingestedAt > maxAheadMs)
      return deadLetter('FutureTime', `${event.time} is more than 5 minutes after ${event.ingestedAt}`);
    if (receivedAt - time > graceMs)
      return deadLetter(
        'TooLate',
        `${event.time} is more than ${late.grace} before ${event.receivedAt}; history needs a write key of scope import`,
      );
    return ok(event);
  };
}
