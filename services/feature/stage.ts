/** The partitions that this instance owns: hands them their batches, and looks after them in between. */
import type { Batch, Broker, Consumer } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import type { CommonDeps, Health } from '../shared/service.ts';
import type { Metrics } from './metrics.ts';
import type { PartitionWorker } from './partition-worker.ts';

export interface StageDeps extends CommonDeps {
  readonly broker: Broker;
  /** events-clean. */
  readonly topic: string;
  readonly metrics: Metrics;
  readonly createWorker: (partition: number) => PartitionWorker;
}

/** What the broker says when the trouble is the membership's. */
const noPartition = -1;

export class Stage {
  readonly #deps: StageDeps;
  readonly #workers = new Map<number, PartitionWorker>();
  readonly #underWay = new Set<Promise<void>>();
  /** By partition: why it does not move just now. */
  readonly #troubles = new Map<number, string>();
  /** By partition: the position that the group knows. */
  readonly #committed = new Map<number, number>();
  /** By partition: since when records were seen to wait at this position. */
  readonly #waiting = new Map<number, { readonly position: number; readonly since: number }>();
  #draining = false;

  constructor(deps: StageDeps) {
    this.#deps = deps;
  }

  /** Gives the offset to read first. A new worker each time: what was kept before is not to be trusted. */
  onAssigned(partition: number): Promise<number> {
    this.#workers.get(partition)?.forget();
    this.#troubles.delete(noPartition);
    this.#waiting.delete(partition);
    const worker = this.#deps.createWorker(partition);
    this.#workers.set(partition, worker);
    return worker.assign();
  }

  onRevoked(partitions: readonly number[]): void {
    for (const partition of partitions) {
      this.#workers.get(partition)?.forget();
      this.#workers.delete(partition);
      this.#troubles.delete(partition);
      this.#committed.delete(partition);
      this.#waiting.delete(partition);
      this.#deps.metrics.forgetLag(partition);
    }
  }

  /** The store was away: it may have lost what was written. */
  forget(): void {
    this.#deps.telemetry.logger.warn('the profile store was away; reading the positions again');
    for (const worker of this.#workers.values()) worker.forget();
  }

  /** Other features serve: new workers, which look up where these stand. */
  renew(): void {
    for (const [partition, worker] of this.#workers) {
      worker.forget();
      this.#workers.set(partition, this.#deps.createWorker(partition));
    }
  }

  async onBatch(batch: Batch): Promise<void> {
    const worker = this.#workers.get(batch.partition);
    if (this.#draining || worker === undefined) return;
    const working = this.#work(worker, batch);
    this.#underWay.add(working);
    await working.finally(() => this.#underWay.delete(working));
  }

  onRetry(error: unknown, partition: number): void {
    this.#troubles.set(partition, error instanceof Error ? error.message : String(error));
    this.#deps.telemetry.logger.warn({ code: codeOf(error), error, partition }, 'will try again');
  }

  /** Writes positions down for lag displays, and recovers partitions whose memory was forgotten. Never rejects. */
  async tick(consumer: Consumer): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => this.#lookAfter(worker, consumer)));
  }

  /** Measures lag, also of partitions where nothing arrives; one where records wait and none is taken up in so long is fatal. */
  async watch(stallMs: number): Promise<void> {
    const { broker, topic, clock, metrics, telemetry, onFatal } = this.#deps;
    const offsets = await broker.offsets(topic).catch((error: unknown) => {
      telemetry.logger.warn({ code: codeOf(error), error }, 'lag was not measured');
      // While the broker is away, nothing can be taken up.
      this.#waiting.clear();
      return [];
    });
    for (const { partition, high } of offsets) {
      const worker = this.#workers.get(partition);
      const position = worker?.position;
      if (worker === undefined || position === undefined) {
        this.#waiting.delete(partition);
        continue;
      }
      const lag = high - position;
      metrics.lag(partition, lag);
      // A batch that comes again and again has moved too: what hinders it is no stall, and is told by onRetry.
      const since = Math.max(this.#waitingSince(partition, position, lag), worker.movedAt);
      if (clock.now() - since > stallMs) onFatal(stalled(partition, lag, stallMs));
    }
  }

  /** Takes no further batch; resolves when those under way are done. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.allSettled(this.#underWay);
  }

  health(): Health {
    const reasons = [...this.#troubles].map(([partition, trouble]) => `partition ${partition}: ${trouble}`);
    return { ready: reasons.length === 0, reasons };
  }

  /** Since when records wait at this very position; now if none does. */
  #waitingSince(partition: number, position: number, lag: number): number {
    const now = this.#deps.clock.now();
    const known = this.#waiting.get(partition);
    if (lag > 0 && known?.position === position) return known.since;
    if (lag > 0) this.#waiting.set(partition, { position, since: now });
    else this.#waiting.delete(partition);
    return now;
  }

  async #work(worker: PartitionWorker, batch: Batch): Promise<void> {
    try {
      await worker.work(batch);
      this.#troubles.delete(batch.partition);
    } catch (error) {
      // Trying again helps only against what passes; anything else would come again for ever.
      if (!(error instanceof LikenessError && error.retryable)) this.#deps.onFatal(error);
      throw error;
    }
  }

  async #lookAfter(worker: PartitionWorker, consumer: Consumer): Promise<void> {
    try {
      const { partition, position } = worker;
      if (position === undefined) await worker.recover();
      else if (position !== this.#committed.get(partition)) {
        await consumer.commit(this.#deps.topic, partition, position);
        this.#committed.set(partition, position);
      }
    } catch (error) {
      if (error instanceof LikenessError && !error.retryable) this.#deps.onFatal(error);
      else
        this.#deps.telemetry.logger.warn({ code: codeOf(error), error, partition: worker.partition }, 'will try again');
    }
  }
}

function stalled(partition: number, lag: number, stallMs: number): LikenessError {
  const message = `Partition ${partition} has stalled: ${lag} records wait, and nothing moved for ${stallMs / 1000} s.`;
  return new LikenessError('BrokerUnavailable', message, { retryable: true });
}

const codeOf = (error: unknown): string => (error instanceof LikenessError ? error.code : 'Bug');
