/**
 * Brings the archive up to the log, a partition after another. Nothing is kept between two looks but since when records
 * wait, so a process that dies has lost nothing, and the next one goes on at the end of the archive.
 */
import type { Archive, ArchivePlace, RecordPlace } from '../../shared/archive.ts';
import type { Broker, BrokerRecord, PartitionOffsets } from '../../shared/broker.ts';
import { joinExtents, readHistory } from '../../shared/read-history.ts';
import type { Clock, Telemetry } from '../../shared/service.ts';
import type { ArchiveMetrics } from './metrics.ts';
import { recordsFrom, refuseOther } from './recreation.ts';
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
  /** The newest record before it, as far as one is archived: that of the log must be the same. */
  readonly newest?: RecordPlace | undefined;
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
    const known = kept && kept.next <= high ? kept : await this.#locate(held);
    const waiting = high > known.next;
    const since = waiting ? (known.since ?? clock.now()) : undefined;
    const { next: place, newest } = known;
    this.#positions.set(partition, { next: place, newest, ...(since !== undefined && { since }) });
    const isDue = since !== undefined && (flush || clock.now() - since >= this.#config.limits.ageMs);
    const next = isDue ? await this.#archiveUpTo(held, known, signal) : known.next;
    metrics.lag(partition, high - next);
  }

  /** Begins at the newest record that is archived, if the log still has it: a log that was made anew has another one. */
  async #archiveUpTo(held: PartitionOffsets, known: Position, signal: AbortSignal): Promise<number> {
    const { partition, low, high: to } = held;
    const newest = known.newest && known.newest.offset >= low ? known.newest : undefined;
    const history = { broker: this.#deps.broker, topic: this.#config.topic };
    const records = readHistory(history, { partition, from: newest?.offset ?? known.next, to });
    const fresh = recordsFrom(known.next, newest, { partition, records });
    let position: Position = { next: known.next, newest: known.newest };
    for await (const stretch of cutStretches(fresh, { from: known.next, to }, this.#config.limits)) {
      await this.#close(partition, stretch);
      position = { next: stretch.last + 1, newest: lastOf(stretch.records) ?? position.newest };
      this.#positions.set(partition, position);
      if (signal.aborted) break;
    }
    return position.next;
  }

  async #close(partition: number, { first, last, records, events }: Stretch): Promise<void> {
    const { archive, metrics, clock, telemetry } = this.#deps;
    const { bytes } = await archive.append({ partition, first, last }, records);
    metrics.closed(events, clock.now());
    telemetry.logger.info({ partition, first, last, events, bytes }, 'segment closed');
  }

  /** Where the archive ends; in an empty one where the log begins. */
  async #locate(held: PartitionOffsets): Promise<Position> {
    const { archive } = this.#deps;
    const { partition, low } = held;
    const extent = await archive.extent(partition);
    if (extent.from === extent.to) return { next: low };
    if (extent.to < low && this.#config.fromLogStart) return this.#noteLost(partition, { from: extent.to, to: low });
    joinExtents(held, extent);
    const newest = await archive.newest(partition);
    await this.#refuseRecreated(held, newest);
    return { next: extent.to, newest };
  }

  async #noteLost(partition: number, { from, to }: Range): Promise<Position> {
    const { archive, metrics, telemetry } = this.#deps;
    await archive.append({ partition, first: from, last: to - 1 }, []);
    metrics.lost(to - from);
    telemetry.logger.error({ code: 'LogGap', partition, from, to }, 'offsets are lost, and noted as such');
    return { next: to };
  }

  /** At the start at once, whether anything waits or not. */
  async #refuseRecreated({ partition, low }: PartitionOffsets, newest: RecordPlace | undefined): Promise<void> {
    if (newest === undefined || newest.offset < low) return;
    const range = { topic: this.#config.topic, partition, from: newest.offset, to: newest.offset + 1 };
    for await (const [record] of this.#deps.broker.read(range)) refuseOther(record, partition, newest);
  }

  async #upkeep(): Promise<void> {
    const { archive, metrics, clock, telemetry } = this.#deps;
    const now = clock.now();
    if (now - this.#upkeepAt >= upkeepMs) {
      this.#upkeepAt = now;
      const expired = await archive.expire(now - this.#config.retentionMs);
      if (expired.length > 0) telemetry.logger.info({ segments: expired.length }, 'segments expired');
      metrics.changed('expired', expired.length);
      const lines = await archive.purge();
      if (lines > 0) telemetry.logger.info({ lines }, 'erased lines are gone from the segments');
      metrics.changed('merged', await archive.merge());
    }
    metrics.held(await archive.segments());
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function lastOf(records: readonly BrokerRecord[]): RecordPlace | undefined {
  const last = records.at(-1);
  return last && { offset: last.offset, timestamp: last.timestamp };
}
