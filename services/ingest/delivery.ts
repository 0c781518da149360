/**
 * Makes lots durable: in the broker, or in the write-ahead log and then in the broker.
 *
 * Without a log a lot is durable when the broker has acknowledged it. With one it goes to both at once and is durable
 * with the first. While the log has a backlog (an outage, an earlier run), new lots go to the log alone and a single
 * loop delivers the backlog in the order of writing: memory stays bounded for as long as the disk lasts, and the order
 * per key is kept. A log that cannot be written leaves the broker's acknowledgement.
 */
import type { Logger } from 'pino';
import type { WriteAheadLog } from '../shared/adapters/write-ahead-log.ts';
import type { Health } from '../shared/service.ts';
import { type BrokerLink, pause } from './broker-link.ts';
import { decodeLot, encodeLot, type Lot, type LotRecord } from './lot.ts';
import { overloaded, type Pressure } from './pressure.ts';
import type { Refusal } from './refusal.ts';

export interface Delivery {
  /** Why no lot can be taken now; undefined: go on. */
  refusal(events: number): Refusal | undefined;
  /** Resolves when the lot is durable. Rejects with LikenessErrors (an AggregateError if both ways failed). */
  deliver(lot: Lot): Promise<void>;
  health(): Health;
  /** Waits for the lots under way, and delivers what the log owes for as long as the broker takes it, within a limit. */
  stop(): Promise<void>;
}

export interface DeliveryOptions {
  readonly link: BrokerLink;
  readonly log?: WriteAheadLog | undefined;
  readonly pressure: Pressure;
  /** So many events under way to the broker, and further ones go to the log alone. */
  readonly spillEvents: number;
  readonly partitions: number;
  readonly logger: Logger;
  /** Pause before a part of the backlog that failed is tried again. */
  readonly retryMs?: number;
  /** How long a stop goes on delivering. The rest is the next run's. */
  readonly drainMs?: number;
}

const chunkBytes = 512 * 1024;

export function createDelivery(options: DeliveryOptions): Delivery {
  return options.log === undefined ? directDelivery(options) : loggedDelivery(options, options.log);
}

function directDelivery({ link, pressure }: DeliveryOptions): Delivery {
  const underWay = new Set<Promise<void>>();
  return {
    refusal: (events) => pressure.refusal(events),
    deliver: (lot) => held(pressure, lot, underWay, () => link.send(lot.records)),
    health: () => (link.reachable ? { ready: true, reasons: [] } : { ready: false, reasons: [brokerAway] }),
    stop: async () => void (await Promise.allSettled(underWay)),
  };
}

const brokerAway = 'the broker cannot be reached';

/** Counts a lot for as long as `work` lasts. */
function held(pressure: Pressure, lot: Lot, underWay: Set<Promise<void>>, work: () => Promise<void>): Promise<void> {
  const release = pressure.hold(lot.events, lot.bytes);
  const promise = work().finally(() => {
    release();
    underWay.delete(promise);
  });
  underWay.add(promise);
  return promise;
}

function loggedDelivery(options: DeliveryOptions, log: WriteAheadLog): Delivery {
  const { link, pressure } = options;
  const underWay = new Set<Promise<void>>();
  const backlog = createBacklogLoop(options, log);
  backlog.wake();

  const logOnly = (lot: Lot): Promise<void> => {
    const entry = log.append(encodeLot(lot, options.partitions));
    log.settle(entry, false);
    return held(pressure, lot, underWay, () => entry.durable.finally(() => backlog.wake()));
  };
  const both = (lot: Lot): Promise<void> => {
    const entry = log.append(encodeLot(lot, options.partitions));
    const sent = link.send(lot.records).then(
      () => log.settle(entry, true),
      (error: unknown) => {
        log.settle(entry, false);
        throw error;
      },
    );
    // Held until both are decided: answered early or not, the lot is in memory until then.
    const decided = Promise.allSettled([entry.durable, sent]).then(() => backlog.wake());
    void held(pressure, lot, underWay, () => decided);
    return Promise.any([entry.durable, sent]);
  };
  // A log that fails can hold nothing: then everything depends on the broker.
  const spills = () =>
    log.failure === undefined && (log.hasBacklog || !link.reachable || pressure.events >= options.spillEvents);

  return {
    refusal: (events) => pressure.refusal(events) ?? (log.full ? overloaded('the write-ahead log is full') : undefined),
    deliver: (lot) => (spills() ? logOnly(lot) : both(lot)),
    health: () => healthOf(link.reachable, log),
    stop: async () => {
      // What fails of these is backlog too.
      await Promise.allSettled(underWay);
      await backlog.stop();
      await log.close();
    },
  };
}

function healthOf(reachable: boolean, log: WriteAheadLog): Health {
  // Either of the two makes an event durable.
  if (reachable || log.failure === undefined) return { ready: true, reasons: [] };
  return { ready: false, reasons: [brokerAway, log.failure.message] };
}

/** Delivers what the log still owes, part by part; a part that fails is tried again after a pause. */
function createBacklogLoop(options: DeliveryOptions, log: WriteAheadLog) {
  const { link, logger, retryMs = 500, drainMs = 15_000 } = options;
  const stopping = new AbortController();
  const outOfTime = new AbortController();
  let running: Promise<void> | undefined;

  const deliverPart = async (): Promise<boolean> => {
    if (log.failure !== undefined) await log.recover();
    const part = await log.takeBacklog();
    if (part === undefined) return false;
    try {
      for (const chunk of chunks(part.payloads, options.partitions)) await link.send(chunk);
      part.settle(true);
    } catch (error) {
      part.settle(false);
      throw error;
    }
    return true;
  };
  const run = async (): Promise<void> => {
    while (!outOfTime.signal.aborted && (log.hasBacklog || log.failure !== undefined)) {
      try {
        if (await deliverPart()) continue;
      } catch (error) {
        // A broker that is away is told of by the link, once.
        if (link.reachable) logger.warn({ error }, 'the backlog of the write-ahead log cannot be delivered');
      }
      // Who stops does not wait for better times.
      if (stopping.signal.aborted) break;
      await pause(retryMs, stopping.signal);
    }
    running = undefined;
  };
  const wake = (): void => {
    if (running === undefined && (log.hasBacklog || log.failure !== undefined)) running = Promise.resolve().then(run);
  };
  return {
    wake,
    stop: async (): Promise<void> => {
      stopping.abort();
      wake();
      const late = new AbortController();
      // A part that the broker has not answered by then stays in the log.
      await Promise.race([running, pause(drainMs, late.signal)]);
      late.abort();
      outOfTime.abort();
    },
  };
}

function* chunks(payloads: readonly Buffer[], partitions: number): Generator<LotRecord[]> {
  let chunk: LotRecord[] = [];
  let bytes = 0;
  for (const payload of payloads) {
    chunk.push(...decodeLot(payload, partitions));
    bytes += payload.length;
    if (bytes < chunkBytes) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) yield chunk;
}
