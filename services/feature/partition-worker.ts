/**
 * Owns one partition: reads profiles, applies events, commits both with the watermark, exactly once. What it keeps in
 * memory counts only while its compare-and-set succeeds; after anything else it forgets, reads again, and seeks.
 */
import type { Batch, Broker, BrokerRecord, Producer } from '../shared/broker.ts';
import { emptyProfile } from '../shared/profile/profile.ts';
import { decodeProfile } from '../shared/profile/codec.ts';
import type { CompiledFeatures } from '../shared/profile/compile.ts';
import { RecentIds } from '../shared/profile/recent-ids.ts';
import type { Advance, PartitionTag, ProfileStore, StoredProfile, Watermark } from '../shared/profile-store.ts';
import type { Clock } from '../shared/service.ts';
import { encodeWatermark } from '../shared/watermark.ts';
import { applyChunk, type Applied, type LiveProfile } from './apply.ts';
import { cutChunks, type Chunk } from './chunks.ts';
import type { CleanLine } from '../shared/clean-line.ts';
import { deadLetters } from './dead-letters.ts';
import { locate } from './locate.ts';
import { recreation } from './start-position.ts';
import type { Metrics } from './metrics.ts';
import type { PartitionWatch } from './monitor/partition-watch.ts';
import { ProfileCache, type CacheLimits } from './profile-cache.ts';

export interface WorkerDeps {
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly producer: Producer;
  readonly compiled: CompiledFeatures;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Looks at a share of the events, and tells of it on `signals`. Absent: nothing is watched. */
  readonly watch?: Watching | undefined;
  /** Reads on from this offset; throws while there is no consumer yet. */
  readonly seek: (partition: number, offset: number) => void;
}

/** Of one partition. */
interface Watching {
  readonly partition: PartitionWatch;
  /** Name of the topic of the stream `signals`. */
  readonly topic: string;
}

export interface WorkerConfig {
  readonly topic: string;
  readonly deadTopic: string;
  readonly dedupeWindowMs: number;
  readonly fromLogStart: boolean;
  readonly cache: CacheLimits;
}

/** What is told of the work of a partition, in between its batches. Never rejects. */
export interface Beside {
  /** `before` and `after` the batch, the next offset to read; undefined where that must be looked up. */
  follow(records: readonly BrokerRecord[], before: number | undefined, after: number | undefined): Promise<void>;
}

export class PartitionWorker {
  readonly partition: number;
  /** Absent: nothing is computed beside. */
  beside: Beside | undefined;
  readonly #tag: PartitionTag;
  readonly #config: WorkerConfig;
  readonly #deps: WorkerDeps;
  readonly #cache: ProfileCache;
  /** As stored, as far as this worker knows; means nothing while `#synced` is false. */
  #watermark: Watermark | undefined;
  #synced = false;
  /** The log's record at the watermark is still to be compared with it. */
  #unverified = false;
  /** Rises whenever memory is forgotten: work that began before must not fill it again. */
  #generation = 0;
  #running: Promise<unknown> = Promise.resolve();
  /** When this partition last moved, milliseconds since 1970. */
  movedAt: number;

  constructor(partition: number, tag: PartitionTag, config: WorkerConfig, deps: WorkerDeps) {
    this.partition = partition;
    this.#tag = tag;
    this.#config = config;
    this.#deps = deps;
    this.#cache = new ProfileCache(config.cache);
    this.movedAt = deps.clock.now();
  }

  /** The next offset to read; undefined while that must be looked up. */
  get position(): number | undefined {
    return this.#synced ? (this.#watermark?.offset ?? -1) + 1 : undefined;
  }

  /** Forgets what is in memory, because somebody else may have written, or the store may have lost what was written. */
  forget(): void {
    this.#generation++;
    this.#synced = false;
    this.#cache.clear();
  }

  /** Reads the watermark and gives the offset to read first: the watermark's own, to compare. Rejects with what startPosition says if nothing fits. */
  assign(): Promise<number> {
    return this.#alone(() => this.#locate());
  }

  /** Where memory was forgotten: reads the watermark again and seeks, without waiting for the next record. */
  recover(): Promise<void> {
    return this.#alone(async () => {
      if (!this.#synced) await this.#seek();
    });
  }

  /** Applies a batch. After a rejection nothing is remembered, and the batch may come again. */
  work(batch: Batch): Promise<void> {
    return this.#alone(async () => {
      const before = this.position;
      try {
        await this.#work(batch);
      } catch (error) {
        this.forget();
        throw error;
      }
      await this.beside?.follow(batch.records, before, this.position);
    });
  }

  /** Works while the profiles stand still; gets their watermark. undefined: that must be looked up first. */
  between<T>(work: (watermark: Watermark | undefined) => Promise<T>): Promise<T | undefined> {
    return this.#alone(async () => (this.#synced ? work(this.#watermark) : undefined));
  }

  /** One after another: a seek must not fall into the middle of a commit. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#running.then(work);
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #work(batch: Batch): Promise<void> {
    this.movedAt = this.#deps.clock.now();
    if (batch.isStale()) return;
    if (!this.#synced) return this.#seek();
    if (this.#unverified && !(await this.#verify(batch))) return this.#seek();
    const position = this.position!;
    const records = batch.records.filter(({ offset }) => offset >= position);
    for (const chunk of cutChunks(records)) {
      if (batch.isStale()) return;
      if (!(await this.#apply(chunk))) {
        if (!batch.isStale()) await this.#seek();
        return;
      }
      this.#deps.metrics.lag(this.partition, batch.highWatermark - chunk.offset - 1);
      if (!batch.isStale()) await batch.heartbeat();
    }
  }

  async #locate(): Promise<number> {
    this.forget();
    const generation = this.#generation;
    const { topic, fromLogStart } = this.#config;
    const at = { topic, partition: this.partition, tag: this.#tag, definition: this.#deps.compiled.hash };
    const { watermark, next, comparable } = await locate(this.#deps, at, fromLogStart);
    // Somebody has committed in between: what is noted belongs to another moment.
    if (!(await this.#restoreWatch(watermark))) return this.#locate();
    if (generation === this.#generation) {
      this.#watermark = watermark;
      this.#synced = true;
      this.#unverified = comparable;
    }
    // Reading begins with the watermark's own record, to see whether it is still the same.
    return comparable ? next - 1 : next;
  }

  /** Rejects with `LogRecreated`, unless a rebuild was asked for: then false, and the profiles are forgotten. */
  async #verify({ records }: Batch): Promise<boolean> {
    const watermark = this.#watermark!;
    const record = records.find(({ offset }) => offset === watermark.offset);
    const place = { topic: this.#config.topic, partition: this.partition };
    const problem = recreation(place, watermark, record?.timestamp);
    this.#unverified = false;
    if (problem === undefined) return true;
    // Retention may have taken the record meanwhile: then there is nothing left to compare with.
    if (record === undefined && (await this.#low()) > watermark.offset) return true;
    if (!this.#config.fromLogStart) throw problem;
    await this.#deps.store.clear(this.#tag);
    return false;
  }

  async #low(): Promise<number> {
    const offsets = await this.#deps.broker.offsets(this.#config.topic);
    return offsets.find(({ partition }) => partition === this.partition)?.low ?? 0;
  }

  async #seek(): Promise<void> {
    this.#deps.seek(this.partition, await this.#locate());
  }

  /** False if memory can no longer be trusted: somebody else has committed, or the store was away meanwhile. */
  async #apply(chunk: Chunk): Promise<boolean> {
    const generation = this.#generation;
    const made = await this.#compute(chunk);
    if (made === undefined) return false;
    const { applied, profiles } = made;
    await this.#refuse(applied);
    const note = await this.#tell(chunk, applied);
    const next = { offset: chunk.offset, timestamp: chunk.timestamp, definition: this.#deps.compiled.hash };
    if (!(await this.#commit({ ...next, ...(note && { note }) }, applied))) return false;
    this.#count(chunk, applied);
    if (generation !== this.#generation) return false;
    this.#watermark = next;
    for (const [profileId, profile] of profiles) this.#cache.put(profileId, profile);
    return true;
  }

  /** Applies the chunk; lines that fail are refused in a further pass over the profiles as they are stored. */
  async #compute(chunk: Chunk): Promise<{ applied: Applied; profiles: Map<string, LiveProfile> } | undefined> {
    const poison = new Map<CleanLine, string>();
    const observe = this.#deps.watch?.partition.observe;
    for (;;) {
      const profiles = await this.#load(chunk.profileIds);
      if (profiles === undefined) return undefined;
      const applied = applyChunk(this.#deps.compiled, chunk, profiles, { poison, observe });
      if (!('spoiled' in applied)) return { applied, profiles };
      for (const [line, error] of applied.spoiled) poison.set(line, error);
      this.#cache.clear();
    }
  }

  /** Undefined if what is stored is no longer what this worker committed last. */
  async #load(profileIds: ReadonlySet<string>): Promise<Map<string, LiveProfile> | undefined> {
    const profiles = new Map<string, LiveProfile>();
    const missing: string[] = [];
    for (const profileId of profileIds) {
      const cached = this.#cache.get(profileId);
      if (cached === undefined) missing.push(profileId);
      else profiles.set(profileId, cached);
    }
    this.#deps.metrics.loaded(profiles.size, missing.length);
    if (missing.length === 0) return profiles;
    const read = await this.#deps.store.read(this.#tag, missing);
    if (!sameWatermark(read.watermark, this.#watermark)) return undefined;
    for (const [index, profileId] of missing.entries()) profiles.set(profileId, this.#decode(read.profiles[index]));
    return profiles;
  }

  #decode(stored: StoredProfile | undefined): LiveProfile {
    const { compiled } = this.#deps;
    const { dedupeWindowMs } = this.#config;
    if (stored === undefined) return { state: emptyProfile(compiled), ids: new RecentIds(dedupeWindowMs), bytes: 0 };
    const ids = RecentIds.decode(stored.ids, dedupeWindowMs);
    return { state: decodeProfile(compiled, stored.state), ids, bytes: stored.state.length };
  }

  /** Durable before the watermark advances: afterwards nobody would look at these events again. */
  async #refuse({ refusals }: Applied): Promise<void> {
    if (refusals.length === 0) return;
    const { topic, deadTopic } = this.#config;
    const at = { topic, partition: this.partition, now: this.#deps.clock.now() };
    await this.#deps.producer.send(deadTopic, deadLetters(refusals, at));
  }

  /** Summaries of blocks that end here: durable before the watermark advances. Gives what is to be noted with it. */
  async #tell(chunk: Chunk, { samples }: Applied): Promise<Uint8Array | undefined> {
    const { watch, producer } = this.#deps;
    if (watch === undefined) return undefined;
    const { summaries, note } = watch.partition.fold(chunk, samples);
    if (summaries.length > 0)
      await producer.send(
        watch.topic,
        summaries.map((value) => ({ partition: 0, value })),
      );
    return note;
  }

  async #restoreWatch(watermark: Watermark | undefined): Promise<boolean> {
    const { watch, store } = this.#deps;
    if (watch === undefined) return true;
    const stored = await store.readNote(this.#tag);
    watch.partition.restore(stored);
    return sameWatermark(stored.watermark, watermark);
  }

  async #commit(next: Advance, { writes }: Applied): Promise<boolean> {
    const { store, metrics } = this.#deps;
    const outcome = await store.commit(this.#tag, this.#watermark, next, writes).catch((error: unknown) => {
      metrics.commit('unknown');
      throw error;
    });
    metrics.commit(outcome);
    return outcome === 'committed';
  }

  #count(chunk: Chunk, applied: Applied): void {
    const { metrics, clock } = this.#deps;
    this.movedAt = clock.now();
    metrics.applied(applied);
    for (const ingestedAt of chunk.ingested) metrics.fresh(Math.max(0, this.movedAt - ingestedAt) / 1000);
  }
}

const sameWatermark = (a: Watermark | undefined, b: Watermark | undefined): boolean =>
  (a && encodeWatermark(a)) === (b && encodeWatermark(b));
