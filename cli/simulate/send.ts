/** Sends simulated events to an ingest, at the pace of their own times divided by a speed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SentEvent } from '../../services/shared/event.ts';
import { postBatch } from '../post-batch.ts';

export interface SendOptions {
  /** Base URL of an ingest. */
  readonly to: string;
  readonly key?: string;
  /** How much faster than the events' own clock; 0: as fast as they are accepted. */
  readonly speed: number;
  readonly signal?: AbortSignal;
  readonly onSent?: (sent: Sent) => void;
}

export interface Sent {
  readonly accepted: number;
  readonly refused: number;
}

const batchEvents = 250;
/** A batch is sent with what it has when its first event has waited so long. */
const batchMs = 100;

/** Resolves when all are sent, or `signal` says stop. Rejects as `postBatch` does. */
export async function sendEvents(events: Iterable<SentEvent>, options: SendOptions): Promise<Sent> {
  let sent: Sent = { accepted: 0, refused: 0 };
  const paced = pace(options.speed);
  for (const batch of batches(events, options.speed * batchMs)) {
    if (options.signal?.aborted) break;
    const wait = paced(Date.parse(batch.at(-1)!.time));
    if (wait > 0) await sleep(wait, undefined, { signal: options.signal }).catch(() => undefined);
    const answer = await postBatch(options, batch.map((event) => JSON.stringify(event)).join('\n'));
    if (answer === undefined) break;
    const accepted = answer.accepted ?? 0;
    sent = { accepted: sent.accepted + accepted, refused: sent.refused + batch.length - accepted };
    options.onSent?.(sent);
  }
  return sent;
}

/** Batches of at most `batchEvents`, and of at most `spanMs` of the events' clock where that is above 0. */
function* batches(events: Iterable<SentEvent>, spanMs: number): Generator<SentEvent[]> {
  let batch: SentEvent[] = [];
  for (const event of events) {
    const span = batch.length > 0 && spanMs > 0 ? Date.parse(event.time) - Date.parse(batch[0]!.time) : 0;
    if (batch.length === batchEvents || span > spanMs) {
      yield batch;
      batch = [];
    }
    batch.push(event);
  }
  if (batch.length > 0) yield batch;
}

/** How long to wait from now until an event of that time is due; the first one is at once. */
function pace(speed: number): (time: number) => number {
  let first: number | undefined;
  const started = performance.now();
  return (time) => {
    first ??= time;
    return speed === 0 ? 0 : started + (time - first) / speed - performance.now();
  };
}
