/**
 * Computes the wanted features of one partition beside its live work: reads the history up to where the live states are,
 * then follows each of their batches, takes over what has not changed, and stays abreast until the switch. Whatever
 * fails, it looks again at what is stored and goes on from there; the live work never waits for a try again.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Broker, BrokerRecord } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import { readHistory } from '../../shared/read-history.ts';
import type { Watermark } from '../../shared/profile-store.ts';
import type { Beside, PartitionWorker } from '../partition-worker.ts';
import { clearIdle, Shadow, type ShadowOptions } from './shadow.ts';

export interface PartitionBackfillOptions extends ShadowOptions {
  readonly broker: Broker;
  readonly topic: string;
  readonly partition: number;
  readonly worker: Pick<PartitionWorker, 'between' | 'position'>;
  readonly logger: Logger;
  /** Before another try; also while there is nothing to do but to look again. */
  readonly pauseMs: number;
  readonly sizes?: Sizes;
}

interface Sizes {
  /** So near to the live states, in records, the rest is read while their further batches are kept. */
  readonly joinWithin: number;
  /** A batch of the live work waits no longer than for so many profiles. */
  readonly page: number;
}

/** What follows the live work. While `waiting` is there, it is kept for later. */
interface Feed {
  /** As far as the live work has been followed. */
  end: number;
  waiting: BrokerRecord[] | undefined;
}

const defaultSizes: Sizes = { joinWithin: 2000, page: 200 };
const maxWaiting = 20_000;

export class PartitionBackfill implements Beside {
  readonly #options: PartitionBackfillOptions;
  readonly #sizes: Sizes;
  readonly #stopping = new AbortController();
  #feed: Feed | undefined;
  #shadow: Shadow | undefined;
  #trouble: string | undefined;
  #isAbreast = false;
  /** Of the history, the first offset that can still be read, where that is not the first of all. */
  #lostBefore: number | undefined;

  constructor(options: PartitionBackfillOptions) {
    this.#options = { ...options, isIdle: async () => !this.#isStopped && options.isIdle() };
    this.#sizes = options.sizes ?? defaultSizes;
  }

  /** Complete, and following the live work. */
  get isAbreast(): boolean {
    return this.#isAbreast;
  }

  /** In words for a person. */
  get notes(): string[] {
    const { partition } = this.#options;
    const notes: string[] = [];
    if (this.#lostBefore !== undefined)
      notes.push(`partition ${partition}: no record before offset ${this.#lostBefore} can be read any more`);
    if (this.#trouble !== undefined) notes.push(`partition ${partition}: ${this.#trouble}`);
    return notes;
  }

  /** Resolves after `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped)
      try {
        await this.#round();
        this.#trouble = undefined;
      } catch (error) {
        this.#detach();
        if (!this.#isStopped) this.#complain(error);
        await this.#pause();
      }
  }

  stop(): void {
    this.#stopping.abort();
    this.#detach();
  }

  async follow(records: readonly BrokerRecord[], before: number | undefined, after: number | undefined): Promise<void> {
    const feed = this.#feed;
    if (feed === undefined) return;
    if (before === undefined || after === undefined || before > feed.end || after < feed.end) return this.#detach();
    const fresh = records.filter(({ offset }) => offset >= feed.end && offset < after);
    feed.end = after;
    if (feed.waiting === undefined) return this.#applyBeside(fresh, after);
    feed.waiting.push(...fresh);
    if (feed.waiting.length > maxWaiting) this.#detach();
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** One step: each leaves something durable, or something to be followed. */
  async #round(): Promise<void> {
    const { worker } = this.#options;
    const position = worker.position;
    if (position === undefined) return this.#pause();
    this.#shadow ??= await this.#open();
    if (this.#shadow === undefined) return this.#pause();
    if (this.#isAbreast) return this.#pause();
    if (this.#feed === undefined) await this.#passLoss(this.#shadow);
    if (this.#feed === undefined && position - this.#shadow.next > this.#sizes.joinWithin)
      return this.#read(this.#shadow, position);
    if (this.#feed === undefined) await this.#join(this.#shadow);
    if (this.#feed === undefined) return this.#pause();
    await this.#takeOver(this.#shadow);
  }

  async #open(): Promise<Shadow | undefined> {
    // Looking through the idle slot, and clearing it, may take long: no batch waits for that.
    const found = await this.#options.worker.between(async (live) => ({ live }));
    if (found === undefined || this.#isStopped) return undefined;
    const shadow = await Shadow.open(this.#options, found.live);
    if (shadow.watermark !== undefined) await this.#verify(shadow.watermark);
    return shadow;
  }

  async #held(): Promise<{ readonly low: number; readonly high: number }> {
    const { broker, topic, partition } = this.#options;
    const { low = 0, high = 0 } = (await broker.offsets(topic)).find((one) => one.partition === partition) ?? {};
    return { low, high };
  }

  /** The record at the watermark, unless it has expired, must be the one that was applied. */
  async #verify({ offset, timestamp }: Watermark): Promise<void> {
    const { low, high } = await this.#held();
    if (offset < low || (offset < high && (await this.#isThere(offset, timestamp)))) return;
    await clearIdle(this.#options);
    throw new LikenessError('LogRecreated', 'The topic was created again: the backfill begins anew.');
  }

  /** Also where nothing can be read there. */
  async #isThere(offset: number, timestamp: number): Promise<boolean> {
    const { broker, topic, partition } = this.#options;
    for await (const [record] of broker.read({ topic, partition, from: offset, to: offset + 1 }))
      if (record !== undefined) return record.timestamp === timestamp;
    return true;
  }

  /** What neither broker nor archive has any more is missing from the changed features, and from them alone. */
  async #passLoss(shadow: Shadow): Promise<void> {
    const { low } = await this.#held();
    if (shadow.next >= low) return;
    const { logger, topic, partition, carrying } = this.#options;
    shadow.reach(low);
    this.#lostBefore = low;
    logger.warn(
      { code: 'LogGap', partition, offset: low, features: carrying.changed },
      `${topic} begins at offset ${low}, and no archive has what was before: changed features are computed from there on`,
    );
  }

  /** Far behind: reads on, and nothing waits for it. */
  async #read(shadow: Shadow, to: number): Promise<void> {
    const { broker, topic, partition } = this.#options;
    for await (const records of readHistory({ broker, topic }, { partition, from: shadow.next, to })) {
      if (this.#isStopped) return;
      await shadow.apply(records);
    }
    shadow.reach(to);
  }

  /** Keeps the batches of the live work from one moment on, reads up to there, and then takes those that were kept. */
  async #join(shadow: Shadow): Promise<void> {
    const { worker } = this.#options;
    const feed = await worker.between(async (live) => {
      this.#feed = { end: (live?.offset ?? -1) + 1, waiting: [] };
      return this.#feed;
    });
    if (feed === undefined) return;
    // The live states have only just come here, or the store has lost their tail: they come as far as these first.
    if (shadow.next > feed.end) return this.#detach();
    if (shadow.next < feed.end) await this.#read(shadow, feed.end);
    await worker.between(async () => {
      if (this.#feed !== feed || this.#isStopped) return;
      const kept = feed.waiting!;
      feed.waiting = undefined;
      await this.#applyBeside(kept, feed.end);
    });
    // Where the position was being looked up just then, nothing was taken: whoever followed on would leave it out.
    if (feed.waiting !== undefined) this.#detach();
  }

  /** In between the batches of the live work; what it refuses is told later, by `run`. */
  async #applyBeside(records: readonly BrokerRecord[], end: number): Promise<void> {
    const shadow = this.#shadow!;
    try {
      await shadow.apply(records, true);
      shadow.reach(end);
    } catch (error) {
      this.#complain(error);
      this.#detach();
    }
  }

  async #takeOver(shadow: Shadow): Promise<void> {
    const feed = this.#feed;
    if (!shadow.isComplete) {
      let page: string[] = [];
      for await (const profileId of this.#options.store.list(this.#options.liveTag)) {
        if (page.push(profileId) < this.#sizes.page) continue;
        if (!(await this.#between(feed, (live) => shadow.takeOver(page, live!)))) return;
        page = [];
      }
      const rest = async (live: Watermark | undefined): Promise<void> => {
        if (page.length > 0) await shadow.takeOver(page, live!);
        await shadow.complete(live);
      };
      if (!(await this.#between(feed, rest))) return;
    }
    this.#isAbreast = this.#feed === feed;
  }

  /** While the live states stand still, and these are as far. False: they are followed no longer. */
  async #between(feed: Feed | undefined, work: (live: Watermark | undefined) => Promise<void>): Promise<boolean> {
    const done = await this.#options.worker.between(async (live) => {
      if (feed === undefined || this.#feed !== feed || this.#isStopped) return false;
      if ((live?.offset ?? -1) + 1 !== feed.end) return false;
      await work(live);
      return true;
    });
    if (done !== true) this.#detach();
    return done === true;
  }

  /** What is in memory counts no more: what is stored does. */
  #detach(): void {
    this.#feed = undefined;
    this.#shadow = undefined;
    this.#isAbreast = false;
  }

  #complain(error: unknown): void {
    const { logger, partition } = this.#options;
    const code = error instanceof LikenessError ? error.code : 'Bug';
    const text = error instanceof Error ? error.message : String(error);
    if (text !== this.#trouble) logger.warn({ code, error, partition }, 'the backfill is tried again');
    this.#trouble = text;
  }

  async #pause(): Promise<void> {
    const { signal } = this.#stopping;
    await sleepFor(this.#options.pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
