/** Looks after the partitions of this instance: computes wanted features beside them, and clears what no longer serves. */
import type { Logger } from 'pino';
import { otherSlot, slotGraceMs, statesTag, type PipelineKey } from '../../shared/active-features.ts';
import { standingOf, type BackfillProgress } from '../../shared/backfill.ts';
import type { Broker } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import type { PartitionTag, ProfileStore } from '../../shared/profile-store.ts';
import type { Clock } from '../../shared/service.ts';
import type { Metrics } from '../metrics.ts';
import type { PartitionWorker } from '../partition-worker.ts';
import { carryingOf, type Carrying } from './carrying.ts';
import type { FeatureSwitch } from './feature-switch.ts';
import { PartitionBackfill } from './partition-backfill.ts';
import type { TellBackfill } from './tell-backfill.ts';

export interface BackfillsOptions {
  readonly features: FeatureSwitch;
  readonly wanted: CompiledFeatures;
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly pipeline: PipelineKey;
  readonly topic: string;
  readonly dedupeWindowMs: number;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'backfilled' | 'backfill'>;
  readonly logger: Logger;
  /** Other features serve from now on. */
  readonly onSwitch: () => void;
  readonly onFatal: (error: unknown) => void;
  readonly timing: BackfillTiming;
  /** For whoever watches from outside. */
  readonly tell?: TellBackfill | undefined;
}

export interface BackfillTiming {
  /** Between two looks. */
  readonly tickMs: number;
  /** After a switch both slots are kept up to date for so long, until every reader has heard of it. */
  readonly settleMs: number;
  /** After a switch, and after a partition came here, the idle slot is left alone for so long. */
  readonly graceMs: number;
}

export const backfillTiming: BackfillTiming = { tickMs: 1000, settleMs: 3000, graceMs: slotGraceMs };

interface Owned {
  readonly worker: PartitionWorker;
  readonly since: number;
  backfill: PartitionBackfill | undefined;
  isTidy: boolean;
}

const logEveryMs = 10_000;

export class Backfills {
  readonly #options: BackfillsOptions;
  readonly #owned = new Map<number, Owned>();
  readonly #runs = new Set<Promise<void>>();
  #carrying: Carrying;
  #progress: BackfillProgress | undefined;
  #loggedAt = -Infinity;
  #ticking: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: BackfillsOptions) {
    this.#options = options;
    this.#carrying = carryingOf(options.features.live, options.wanted);
  }

  /** A partition has this worker now. */
  own(partition: number, worker: PartitionWorker): void {
    this.drop([partition]);
    const since = this.#options.clock.now();
    this.#owned.set(partition, { worker, since, backfill: undefined, isTidy: false });
  }

  drop(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      this.#owned.get(partition)?.backfill?.stop();
      this.#owned.delete(partition);
    }
  }

  /** In words for a person; empty while nothing is computed beside. */
  notes(): string[] {
    if (this.#progress === undefined) return [];
    const { progressPercentage } = standingOf(this.#progress);
    const names = this.#carrying.changed.join(', ') || 'none';
    const parts = [...this.#owned.values()].flatMap(({ backfill }) => backfill?.notes ?? []);
    return [`features are being backfilled (changed: ${names}): ${progressPercentage} %`, ...parts];
  }

  /** Once in a while. Never rejects. */
  tick(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return (this.#ticking ??= this.#tick().finally(() => (this.#ticking = undefined)));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.drop([...this.#owned.keys()]);
    await Promise.all([this.#ticking, ...this.#runs]);
  }

  async #tick(): Promise<void> {
    try {
      await this.#lookAfter();
    } catch (error) {
      const { logger, onFatal } = this.#options;
      if (error instanceof LikenessError && !error.retryable) onFatal(error);
      else logger.warn({ code: error instanceof LikenessError ? error.code : 'Bug', error }, 'will try again');
    }
  }

  async #lookAfter(): Promise<void> {
    const { features } = this.#options;
    if (await features.follow()) this.#takeUp();
    if (features.isBehind) await this.#backfill();
    else await this.#tidy();
  }

  /** Each partition gets a new worker, which `own` is told of. */
  #takeUp(): void {
    const { features, wanted, logger, onSwitch } = this.#options;
    logger.info({ definition: features.live.hash }, 'other features serve from now on');
    this.#carrying = carryingOf(features.live, wanted);
    onSwitch();
  }

  async #backfill(): Promise<void> {
    const { features, clock, metrics, timing, tell } = this.#options;
    if (features.generation > 1 && clock.now() < features.since + timing.graceMs) return;
    for (const [partition, owned] of this.#owned) if (owned.backfill === undefined) this.#start(partition, owned);
    this.#progress = await features.progress();
    metrics.backfill(this.#progress.share);
    tell?.(standingOf(this.#progress));
    this.#log(this.#progress);
    const mine = [...this.#owned.values()];
    if (mine.length === 0 || !mine.every(({ backfill }) => backfill?.isAbreast)) return;
    await features.tryOver();
  }

  #start(partition: number, owned: Owned): void {
    const { pipeline, features, metrics, timing, ...rest } = this.#options;
    const backfill = new PartitionBackfill({
      ...rest,
      partition,
      worker: owned.worker,
      carrying: this.#carrying,
      liveTag: statesTag(pipeline, partition, features.slot),
      tag: statesTag(pipeline, partition, otherSlot(features.slot)),
      isIdle: () => features.isCurrent(),
      onApplied: metrics.backfilled,
      pauseMs: timing.tickMs,
    });
    owned.backfill = backfill;
    owned.worker.beside = backfill;
    const run = backfill.run().finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  #log(progress: BackfillProgress): void {
    const { clock, logger } = this.#options;
    if (clock.now() - this.#loggedAt < logEveryMs) return;
    this.#loggedAt = clock.now();
    const { changed: features } = this.#carrying;
    logger.info({ ...standingOf(progress), features }, 'changed features are backfilled');
  }

  /** What served before the switch, or was never finished; but not what serves since one that is still to be taken up. */
  async #tidy(): Promise<void> {
    const { features, clock, pipeline, metrics, timing, tell } = this.#options;
    this.#progress = undefined;
    metrics.backfill(1);
    tell?.(undefined);
    for (const [partition, owned] of this.#owned) {
      owned.backfill?.stop();
      if (owned.isTidy || clock.now() < Math.max(features.since, owned.since) + timing.graceMs) continue;
      const tag = statesTag(pipeline, partition, otherSlot(features.slot));
      if (await this.#isLeft(tag)) {
        // Looking took time: somebody else may have the partition, or have switched.
        if (this.#owned.get(partition) !== owned || !(await features.isCurrent())) return;
        await this.#options.store.clear(tag);
      }
      owned.isTidy = true;
    }
  }

  /** Where a clearing was broken off, profiles are left without a watermark. */
  async #isLeft(tag: PartitionTag): Promise<boolean> {
    const { store, features } = this.#options;
    const { watermark } = await store.read(tag, []);
    return watermark !== undefined || (features.generation > 1 && (await store.hasProfiles(tag)));
  }
}
