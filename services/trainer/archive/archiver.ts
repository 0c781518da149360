/**
 * Brings the archive up to the log, a partition after another. Nothing is kept between two looks but since when records
 * wait, so a process that dies has lost nothing, and the next one goes on at the end of the archive.
 */
import type { Archive, ArchivePlace } from '../../shared/archive.ts';
import type { Broker, BrokerRecord, PartitionOffsets } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import { joinExtents, readHistory } from '../../shared/read-history.ts';
import type { Clock, Telemetry } from '../../shared/service.ts';
import type { ArchiveMetrics } from './metrics.ts';
import { cutStretches, type Limits, type Stretch } from './stretches.ts';

export interface ArchiverConfig {
  /** Of events-clean. */
  readonly topic: string;
  readonly place: ArchivePlace;
  readonly retentionMs: number;
  readonly limits: Limits & { readonly ageMs: number };
  readonly fromLogStart: boolean;
}

export interface ArchiverDeps {
  readonly broker: Broker;
  readonly archive: Archive;
  readonly metrics: ArchiveMetrics;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Where a partition's next segment begins. */
interface Position {
  readonly next: number;
  /** When records were first seen to wait there, milliseconds since 1970; undefined: none does. */
  readonly since?: number;
}

/** So often what is too old is removed, and small segments are merged. */
const upkeepMs = 600_000;

export class Archiver {
  readonly #config: ArchiverConfig;
  readonly #deps: ArchiverDeps;
  readonly #positions = new Map<number, Position>();
  #upkeepAt = 0;

  constructor(config: ArchiverConfig, deps: ArchiverDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  /**
   * Closes segments where records have waited long enough, or, to flush, wherever any wait. Ends early once `signal`
   * says so. Rejects with `LogGap`, `LogAheadOfTopic` or `LogRecreated` where archive and log do not fit together.
   */
  async look(signal: AbortSignal, flush = false): Promise<void> {
    try {
      for (const held of await this.#deps.broker.offsets(this.#config.topic)) {
        if (signal.aborted) return;
        await this.#bringUp(held, signal, flush);
      }
      if (!flush) await this.#upkeep();
    } catch (error) {
      // What was written may or may not be there.
      this.#positions.clear();
      throw error;
    }
  }

  async #bringUp(held: PartitionOffsets, signal: AbortSignal, flush: boolean): Promise<void> {
    const { clock, metrics } = this.#deps;
    const { partition, high } = held;
    const kept = this.#positions.get(partition);
    // A log that ends before what is archived is another one: only a new look at the archive says so.
    const known = kept && kept.next <= high ? kept : { next: await this.#locate(held) };
    const waiting = high > known.next;
    const since = waiting ? (known.since ?? clock.now()) : undefined;
    this.#positions.set(partition, { next: known.next, ...(since !== undefined && { since }) });
    const isDue = since !== undefined && (flush || clock.now() - since >= this.#config.limits.ageMs);
    const next = isDue ? await this.#archiveUpTo(partition, { from: known.next, to: high }, signal) : known.next;
    metrics.lag(partition, high - next);
  }

  async #archiveUpTo(partition: number, range: Range, signal: AbortSignal): Promise<number> {
    const { broker } = this.#deps;
    const records = readHistory({ broker, topic: this.#config.topic }, { partition, ...range });
    let next = range.from;
    for await (const stretch of cutStretches(records, range, this.#config.limits)) {
      await this.#close(partition, stretch);
      next = stretch.last + 1;
      this.#positions.set(partition, { next });
      if (signal.aborted) break;
    }
    return next;
  }

  async #close(partition: number, { first, last, records, events }: Stretch): Promise<void> {
    const { archive, metrics, clock, telemetry } = this.#deps;
    const { bytes } = await archive.append({ partition, first, last }, records);
    metrics.closed(events, clock.now());
    telemetry.logger.info({ partition, first, last, events, bytes }, 'segment closed');
  }

  /** Where the archive ends; in an empty one where the log begins. */
  async #locate(held: PartitionOffsets): Promise<number> {
    const { archive } = this.#deps;
    const { partition, low } = held;
    const extent = await archive.extent(partition);
    if (extent.from === extent.to) return low;
    if (extent.to < low && this.#config.fromLogStart) return this.#noteLost(partition, { from: extent.to, to: low });
    joinExtents(held, extent);
    await this.#refuseRecreated(held, extent.to - 1);
    return extent.to;
  }

  async #noteLost(partition: number, { from, to }: Range): Promise<number> {
    const { archive, metrics, telemetry } = this.#deps;
    await archive.append({ partition, first: from, last: to - 1 }, []);
    metrics.lost(to - from);
    telemetry.logger.error({ code: 'LogGap', partition, from, to }, 'offsets are lost, and noted as such');
    return to;
  }

  /** A topic that was made again has another record at the place of the last that is archived: a later one. */
  async #refuseRecreated({ partition, low }: PartitionOffsets, last: number): Promise<void> {
    const { archive, broker } = this.#deps;
    if (last < low) return;
    const [record] = await firstOf(broker.read({ topic: this.#config.topic, partition, from: last, to: last + 1 }));
    const segments = (await archive.segments()).filter((segment) => segment.partition === partition);
    const newest = Math.max(...segments.map(({ maxTime }) => maxTime));
    if (record === undefined || record.timestamp <= newest || newest === 0) return;
    throw new LikenessError(
      'LogRecreated',
      `The archive of partition ${partition} ends with offset ${last}, appended at ${newest} at the latest; the log has ` +
        `another record there (${record.timestamp}): the topic was made again. Move the folder of this epoch out of ` +
        'the archive.',
    );
  }

  async #upkeep(): Promise<void> {
    const { archive, metrics, clock, telemetry } = this.#deps;
    const now = clock.now();
    if (now - this.#upkeepAt >= upkeepMs) {
      this.#upkeepAt = now;
      const expired = await archive.expire(now - this.#config.retentionMs);
      if (expired.length > 0) telemetry.logger.info({ segments: expired.length }, 'segments expired');
      metrics.changed('expired', expired.length);
      metrics.changed('merged', await archive.merge());
    }
    metrics.held(await archive.segments());
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
}

async function firstOf(batches: AsyncIterable<readonly BrokerRecord[]>): Promise<readonly BrokerRecord[]> {
  for await (const records of batches) return records;
  return [];
}
