/**
 * The monitor: whoever owns the one partition of `signals` runs the detectors. Their memory and the position are one note
 * in the profile store, committed together, so that no summary counts twice and no verdict is given twice or lost.
 */
import type { Logger } from 'pino';
import type { Batch, Broker, Consumer } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { Baseline } from '../../shared/learning/drift/baseline.ts';
import { decodeSummary, type BlockSummary } from '../../shared/learning/drift/block-summary.ts';
import {
  monitorVersion,
  resumeMonitor,
  startMonitor,
  type Monitor,
  type MonitorOptions,
} from '../../shared/learning/drift/monitor.ts';
import type { DriftReport, Verdict } from '../../shared/learning/drift/verdict.ts';
import type { PartitionTag, ProfileStore, Watermark } from '../../shared/profile-store.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';

export interface MonitorDeps {
  readonly broker: Broker;
  readonly store: Pick<ProfileStore, 'readNote' | 'commit'>;
  /** Rejects while the model store is away; undefined: the inputs of this model are not watched. */
  readonly baselineOf: (digest: string) => Promise<Baseline | undefined>;
  /** Called after every commit, and when the partition is taken over: with all that is known. */
  readonly report: (report: DriftReport) => void;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
}

export interface MonitorConfig {
  readonly topic: string;
  readonly group: string;
  /** Where its note lies. */
  readonly tag: PartitionTag;
  readonly sessionTimeoutMs: number;
  readonly options: MonitorOptions;
}

const partition = 0;
const retryMs = 500;
/** The watermark's definition: no two versions of the memory ever both commit. */
const definition = `monitor/${monitorVersion}`;

export class MonitorService {
  readonly #config: MonitorConfig;
  readonly #deps: MonitorDeps;
  #consumer: Consumer | undefined;
  /** undefined: to be read again before anything else. */
  #held: { readonly monitor: Monitor; watermark: Watermark | undefined; next: number } | undefined;

  private constructor(config: MonitorConfig, deps: MonitorDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  static async start(config: MonitorConfig, deps: MonitorDeps): Promise<MonitorService> {
    const service = new MonitorService(config, deps);
    const { topic, group, sessionTimeoutMs } = config;
    service.#consumer = await deps.broker.consume({
      group,
      topics: [topic],
      sessionTimeoutMs,
      retryMs,
      onAssigned: () => service.#take(),
      onRevoked: () => service.#release(),
      onBatch: (batch) => service.#work(batch),
      onRetry: (error) => deps.logger.warn({ code: codeOf(error), error }, 'drift is watched again in a moment'),
      onFatal: deps.onFatal,
    });
    return service;
  }

  /** The store was away: what it holds may be older than what is in memory. */
  forget(): void {
    this.#held = undefined;
  }

  async stop(): Promise<void> {
    await this.#consumer?.close();
    this.#release();
  }

  #release(): void {
    this.#held = undefined;
    this.#deps.metrics.forget();
  }

  /** Reads memory and position; gives the offset to read first. */
  async #take(): Promise<number> {
    const { tag, topic } = this.#config;
    const { watermark, note } = await this.#deps.store.readNote(tag);
    const monitor = this.#resume(watermark, note);
    const offsets = (await this.#deps.broker.offsets(topic)).find((one) => one.partition === partition);
    const next = positionIn(watermark, offsets);
    this.#held = { monitor, watermark, next };
    this.#tell(monitor, []);
    return next;
  }

  /** A memory that cannot be read is given up: detectors begin anew, which is better than none. */
  #resume(watermark: Watermark | undefined, note: Uint8Array | undefined): Monitor {
    const { options } = this.#config;
    if (note === undefined || watermark?.definition !== definition) return startMonitor(options);
    try {
      return resumeMonitor(JSON.parse(Buffer.from(note).toString('utf8')), options);
    } catch (error) {
      this.#deps.logger.error({ code: 'BadData', error }, 'the memory of the monitor is damaged; it begins anew');
      return startMonitor(options);
    }
  }

  async #work(batch: Batch): Promise<void> {
    try {
      await this.#apply(batch);
    } catch (error) {
      // Memory has taken in what is not committed.
      this.#held = undefined;
      throw error;
    }
  }

  async #apply(batch: Batch): Promise<void> {
    if (batch.isStale()) return;
    const held = this.#held;
    if (held === undefined) return this.#seek();
    const records = batch.records.filter(({ offset }) => offset >= held.next);
    const last = records.at(-1);
    if (last === undefined) return;
    const verdicts: Verdict[] = [];
    for (const { offset, value } of records) verdicts.push(...(await this.#applyRecord(held.monitor, offset, value)));
    const watermark = { offset: last.offset, timestamp: last.timestamp, definition };
    if (batch.isStale() || !(await this.#commit(held.monitor, held.watermark, watermark))) {
      this.#held = undefined;
      if (!batch.isStale()) await this.#seek();
      return;
    }
    this.#held = { monitor: held.monitor, watermark, next: last.offset + 1 };
    this.#tell(held.monitor, verdicts);
    await this.#consumer?.commit(this.#config.topic, partition, last.offset + 1);
  }

  async #applyRecord(monitor: Monitor, offset: number, value: Uint8Array | null): Promise<Verdict[]> {
    try {
      if (value === null) return [];
      const summary = decodeSummary(value);
      const baselines = await this.#baselinesOf(summary);
      return monitor.apply(summary, offset, (digest) => baselines.get(digest));
    } catch (error) {
      if (!(error instanceof LikenessError) || error.code !== 'BadData') throw error;
      this.#deps.metrics.malformed();
      this.#deps.logger.error({ code: error.code, error, offset }, 'a summary of signals is passed over');
      return [];
    }
  }

  async #baselinesOf({ models }: BlockSummary): Promise<ReadonlyMap<string, Baseline | undefined>> {
    const wanted = models.filter(({ model }) => this.#config.options.models.includes(model));
    return new Map(
      await Promise.all(wanted.map(async ({ digest }) => [digest, await this.#deps.baselineOf(digest)] as const)),
    );
  }

  async #commit(monitor: Monitor, before: Watermark | undefined, after: Watermark): Promise<boolean> {
    const note = Buffer.from(JSON.stringify(monitor.store()));
    return (await this.#deps.store.commit(this.#config.tag, before, { ...after, note }, [])) === 'committed';
  }

  async #seek(): Promise<void> {
    this.#consumer?.seek(this.#config.topic, partition, await this.#take());
  }

  #tell(monitor: Monitor, verdicts: readonly Verdict[]): void {
    const report = monitor.report();
    for (const verdict of verdicts) this.#deps.logger.warn({ code: 'Drift', verdict }, 'drift');
    this.#deps.metrics.show(report, verdicts);
    this.#deps.report(report);
  }
}

/** Where `signals` was created anew, from its start: blocks that were applied are told by their own offsets. */
function positionIn(
  watermark: Watermark | undefined,
  offsets: { readonly low: number; readonly high: number } | undefined,
): number {
  const { low = 0, high = 0 } = offsets ?? {};
  const next = (watermark?.offset ?? -1) + 1;
  return next < low || next > high ? low : next;
}

const codeOf = (error: unknown): string => (error instanceof LikenessError ? error.code : 'Bug');
