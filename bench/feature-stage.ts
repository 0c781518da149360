/**
 * The feature stage by itself: its real partition workers (parse, dedupe, read, update, encode, commit) on a real Redis,
 * fed with records as the cleaner writes them. Profiles are stored beforehand as bytes, so that a million take seconds.
 */
import { Registry } from 'prom-client';
import type { PipelineId } from '../operator/topics.ts';
import { createMetrics } from '../services/feature/metrics.ts';
import { PartitionWorker } from '../services/feature/partition-worker.ts';
import { shareOf } from '../services/feature/profile-cache.ts';
import { cacheLimits } from '../services/feature/service.ts';
import type { Batch, Broker, BrokerRecord } from '../services/shared/broker.ts';
import { partitionOf } from '../services/shared/partition.ts';
import {
  maxWritesPerCommit,
  partitionTag,
  type ProfileStore,
  type StoredProfile,
} from '../services/shared/profile-store.ts';
import type { CompiledFeatures } from '../services/shared/profile/compile.ts';
import { packLines } from '../services/shared/record.ts';
import { dedupeWindowMs } from './templates.ts';

export interface StageOptions {
  readonly store: ProfileStore;
  readonly features: CompiledFeatures;
  readonly pipeline: PipelineId;
  readonly partitions: number;
}

/** A line of events-clean and whose it is. */
export interface StageLine {
  readonly profile: string;
  readonly text: string;
}

/** So many lines of a request fall to one partition when 100 are sent to four. */
const linesPerRecord = 25;
const recordsPerBatch = 40;
const topic = 'events-clean';
/** Of every record. */
const timestamp = 1;

/** Stores profiles u0, u1, … as copies of the templates, in turn, under the watermark of a log of one record. */
export async function fillProfiles(
  { store, features, pipeline, partitions }: StageOptions,
  templates: readonly StoredProfile[],
  count: number,
): Promise<void> {
  const profileIds = Array.from({ length: partitions }, (): string[] => []);
  for (let user = 0; user < count; user++) profileIds[partitionOf(`u${user}`, partitions)]!.push(`u${user}`);
  const watermark = { offset: 0, timestamp, definition: features.hash };
  let next = 0;
  for (const [partition, ids] of profileIds.entries()) {
    const tag = partitionTag(pipeline, partition);
    for (let from = 0; from < ids.length || from === 0; from += maxWritesPerCommit) {
      const writes = ids.slice(from, from + maxWritesPerCommit).map((profileId) => {
        const { state, ids: recent } = templates[next++ % templates.length]!;
        return { profileId, state, ids: { replace: recent } };
      });
      const outcome = await store.commit(tag, from === 0 ? undefined : watermark, watermark, writes);
      if (outcome !== 'committed') throw new Error('a rival writes to the benchmark');
    }
  }
}

export class FeatureStage {
  readonly #partitions: number;
  readonly #workers: PartitionWorker[];
  readonly #offsets: number[];

  private constructor(workers: PartitionWorker[], offsets: number[]) {
    this.#partitions = workers.length;
    this.#workers = workers;
    this.#offsets = offsets;
  }

  /** Over profiles that `fillProfiles` stored, where an earlier stage left them: caches are empty. */
  static async open({ store, features: compiled, pipeline, partitions }: StageOptions): Promise<FeatureStage> {
    const config = { topic, deadTopic: 'events-dead', dedupeWindowMs, fromLogStart: false };
    const deps = { broker: logOf(partitions), store, compiled, metrics: createMetrics(new Registry()), clock: Date };
    const cache = shareOf(cacheLimits, partitions);
    const workers = Array.from(
      { length: partitions },
      (_, partition) =>
        new PartitionWorker(
          partition,
          partitionTag(pipeline, partition),
          { ...config, cache },
          { ...deps, producer: { send: unexpected, close: unexpected }, seek: unexpected },
        ),
    );
    const contained = await Promise.all(workers.map((worker) => worker.assign()));
    // A worker compares the last record that the profiles contain before it goes on.
    for (const [partition, worker] of workers.entries())
      await worker.work(asBatch(partition, [{ offset: contained[partition]!, key: null, value: null, timestamp }]));
    return new FeatureStage(
      workers,
      contained.map((offset) => offset + 1),
    );
  }

  /** Batches to be applied once, in the order made. */
  batches(lines: Iterable<StageLine>): Batch[][] {
    const texts = this.#workers.map((): string[] => []);
    for (const { profile, text } of lines) texts[partitionOf(profile, this.#partitions)]!.push(text);
    return texts.map((mine, partition) => this.#batchesOf(partition, mine));
  }

  /** Partitions side by side, as in the service. Resolves when everything is committed. */
  async apply(batches: readonly Batch[][]): Promise<void> {
    await Promise.all(
      batches.map(async (mine, partition) => {
        for (const batch of mine) await this.#workers[partition]!.work(batch);
        if (mine.length > 0 && this.#workers[partition]!.position !== mine.at(-1)!.records.at(-1)!.offset + 1)
          throw new Error(`partition ${partition} of the benchmark stands elsewhere`);
      }),
    );
  }

  #batchesOf(partition: number, texts: readonly string[]): Batch[] {
    const records: BrokerRecord[] = [];
    for (let from = 0; from < texts.length; from += linesPerRecord)
      for (const value of packLines(texts.slice(from, from + linesPerRecord)))
        records.push({ offset: this.#offsets[partition]!++, key: null, value, timestamp });
    const batches: Batch[] = [];
    for (let from = 0; from < records.length; from += recordsPerBatch)
      batches.push(asBatch(partition, records.slice(from, from + recordsPerBatch)));
    return batches;
  }
}

function asBatch(partition: number, records: readonly BrokerRecord[]): Batch {
  const highWatermark = records.at(-1)!.offset + 1;
  return { topic, partition, records, highWatermark, heartbeat: () => Promise.resolve(), isStale: () => false };
}

/** As much of a log as a worker asks for when it begins. */
function logOf(partitions: number): Broker {
  const offsets = Array.from({ length: partitions }, (_, partition) => ({ partition, low: 0, high: Infinity }));
  return { offsets: () => Promise.resolve(offsets) } as Partial<Broker> as Broker;
}

function unexpected(): never {
  throw new Error('an event of the benchmark was refused');
}
