/** Sends simulated events to an ingest, at the pace of their own times divided by a speed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SentEvent } from '../../services/shared/event.ts';
import { type IngestAnswer, postBatch, refusalsIn } from '../post-batch.ts';

export interface SendOptions {
  /** Base URL of an ingest. */
  readonly to: string;
  readonly key?: string;
  /** How much faster than the events' own clock; 0: as fast as they are accepted. */
  readonly speed: number;
}

export interface Sent {
  readonly accepted: number;
  readonly refused: number;
  /** The first refusals, in words. */
  readonly problems: readonly string[];
}

const batchEvents = 250;
const shownProblems = 10;
/** A batch is sent with what it has when its first event has waited so long. */
const batchMs = 100;

/** Resolves when all are sent. Rejects as `postBatch` does. */
export async function sendEvents(events: Iterable<SentEvent>, options: SendOptions): Promise<Sent> {
  let sent: Sent = { accepted: 0, refused: 0, problems: [] };
  const paced = pace(options.speed);
  for (const batch of batches(events, options.speed * batchMs)) {
    const wait = paced(Date.parse(batch.at(-1)!.time));
    if (wait > 0) await sleep(wait);
    const lines = batch.map((event) => JSON.stringify(event));
    const answer = await postBatch(options, lines.join('\n'));
    if (answer !== undefined) sent = added(sent, answer, lines);
  }
  return sent;
}

function added({ accepted, refused, problems }: Sent, answer: IngestAnswer, lines: readonly string[]): Sent {
  const taken = answer.accepted ?? 0;
  return {
    accepted: accepted + taken,
    refused: refused + lines.length - taken,
    problems: [...problems, ...refusalsIn(answer, lines)].slice(0, shownProblems),
  };
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
