/** Refuses events from the future and events later than the grace. All are facts of the record, never of this clock. */
import { durationMs } from '../../../crds/scalars.ts';
import type { CleanerSlice } from '../../../crds/slices.ts';
import { deadLetter, ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

/** A sender's clock may run ahead so far. One event in 2099 would empty every pane, so imports are judged too. */
const maxAheadMs = 5 * 60_000;

export function createTimesStep({ late }: Pick<CleanerSlice['cleaning'], 'late'>): Step {
  const graceMs = durationMs(late.grace);
  return (event) => {
    const time = epochMs(event.time);
    const ingestedAt = epochMs(event.ingestedAt);
    const receivedAt = event.receivedAt === event.ingestedAt ? ingestedAt : epochMs(event.receivedAt);
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

/** NaN where there is no such day: Date.parse takes February 30 for March 2, and then text and number would disagree. */
function epochMs(time: string): number {
  const ms = Date.parse(time);
  const lateInMonth = time[8] === '3' || (time[8] === '2' && time[9] === '9');
  return lateInMonth && !Number.isNaN(ms) && new Date(ms).toISOString() !== time ? NaN : ms;
}
