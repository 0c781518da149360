/** Logs what was recommended, and how likely events were said to be, to the stream `predictions`: asynchronous, batched, bounded, never in a request's way. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Counter } from 'prom-client';
import type { Logger } from 'pino';
import type { Producer } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import { partitionOf } from '../shared/partition.ts';
import type { ServedVector } from '../shared/learning/skew/served-vector.ts';
import { packLines } from '../shared/record.ts';

interface Answered {
  readonly requestId: string;
  /** Whom it was for; null: a visitor without an id. */
  readonly profile: string | null;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  readonly model: { readonly name: string; readonly version: string; readonly generation: number };
  /** Of a sampled share: what the model was given, and from which state. */
  readonly served?: ServedVector;
}

interface Recommendation extends Answered {
  readonly items: readonly string[];
  /** Events of the history that the model saw, session events included. */
  readonly historyLength: number;
  readonly personalised: boolean;
}

export interface Propensity extends Answered {
  /** That one of the events comes within its time, 0 to 1. */
  readonly probability: number;
  /** The moment that was asked for, where it was not `time`. */
  readonly asOf?: string;
}

/** One answer of one model, as a line of JSON in `predictions`. */
export type Prediction = Recommendation | Propensity;

export interface PredictionLog {
  /** Never waits and never throws; beyond the capacity the prediction is dropped and counted. */
  record(prediction: Prediction): void;
  /** Sends what is pending, for at most `closeTimeoutMs`; what is left then is counted as dropped. */
  close(): Promise<void>;
}

export interface PredictionLogOptions {
  readonly producer: Producer;
  readonly topic: string;
  /** Partitions of the topic: a profile's predictions lie where its events lie. */
  readonly partitions: number;
  readonly logger: Logger;
  /** Label `reason`: Full, Refused or Stopped. */
  readonly dropped: Counter<'reason'>;
  /** Predictions held at most. */
  readonly capacity?: number;
  /** How long the first of a batch waits for others: fewer records cost less, and nobody waits for them. */
  readonly lingerMs?: number;
  readonly retryMs?: number;
  readonly closeTimeoutMs?: number;
}

const defaults = { capacity: 20_000, lingerMs: 50, retryMs: 1000, closeTimeoutMs: 5000 };
const maxPerSend = 2000;

export function createPredictionLog(options: PredictionLogOptions): PredictionLog {
  const { producer, topic, dropped, logger } = options;
  const { capacity, lingerMs, retryMs, closeTimeoutMs } = { ...defaults, ...options };
  let pending: Prediction[] = [];
  let sending: Promise<void> | undefined;
  const closing = new AbortController();

  const drop = (reason: 'Full' | 'Refused' | 'Stopped', count: number) => dropped.inc({ reason }, count);

  async function sendNext(): Promise<void> {
    const batch = pending.slice(0, maxPerSend);
    try {
      await producer.send(topic, toRecords(batch, options.partitions));
      pending = pending.slice(batch.length);
    } catch (error) {
      const retryable = error instanceof LikenessError && error.retryable;
      logger.warn({ error, code: 'PredictionsNotSent', count: batch.length, retryable }, 'predictions were not logged');
      if (!retryable) {
        pending = pending.slice(batch.length);
        drop('Refused', batch.length);
      } else await pause(retryMs, closing.signal);
    }
  }

  async function run(): Promise<void> {
    await pause(lingerMs, closing.signal);
    while (pending.length > 0) await sendNext();
    sending = undefined;
  }

  return {
    record(prediction) {
      if (closing.signal.aborted) return drop('Stopped', 1);
      if (pending.length >= capacity) return drop('Full', 1);
      pending.push(prediction);
      sending ??= run();
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await Promise.race([sending, sleep(closeTimeoutMs, undefined, { ref: false })]);
      if (pending.length > 0) drop('Stopped', pending.length);
      pending = [];
    },
  };
}

function toRecords(batch: readonly Prediction[], partitions: number) {
  const lines = new Map<number, string[]>();
  for (const prediction of batch) {
    const partition = partitionOf(prediction.profile ?? prediction.requestId, partitions);
    const line = JSON.stringify(prediction);
    const others = lines.get(partition);
    if (others) others.push(line);
    else lines.set(partition, [line]);
  }
  return [...lines].flatMap(([partition, own]) => packLines(own).map((value) => ({ partition, value })));
}

/** Once the signal has come a pause is short, but still one: the loop around it must let timers and answers through. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return sleep(Math.min(ms, 50));
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
