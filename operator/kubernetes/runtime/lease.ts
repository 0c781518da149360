/** Elects one leader of several processes by a Lease, as client-go does: expiry is judged by one's own clock alone. */
import type { Logger } from 'pino';
import type { Api } from './api.ts';
import { isAlreadyExists, isConflict } from './api-error.ts';
import { kinds } from './kinds.ts';
import { held, type Lease, leaseRecord, released } from './lease-record.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { sleep, type Timing } from './timing.ts';

export interface ElectorOptions {
  readonly api: Pick<Api, 'find' | 'create' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  /** Different for every process, such as the pod's name and a random suffix. */
  readonly identity: string;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: Pick<RuntimeMetrics, 'leader'>;
  /** For this long after its last renewal nobody takes the lease of a leader that says nothing. Whole seconds. */
  readonly leaseMs?: number;
  /** A leader that could not renew for this long gives up; less than `leaseMs`. */
  readonly renewDeadlineMs?: number;
  readonly retryMs?: number;
  /** The lead is lost: the process must end, for another one may lead at any moment. Not called by `stop`. */
  readonly onLost: (reason: string) => void;
}

export class Elector {
  readonly #options: ElectorOptions;
  readonly #leaseMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  readonly #life = new AbortController();
  readonly #elected = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  /** As last seen on the server, and when (by our clock) it was first seen so. */
  #seen: Lease | undefined;
  #seenAt = 0;
  /** A write since then may have failed or come from elsewhere. */
  #seenIsOld = true;
  /** Begin of the last renewal that succeeded, by our clock; undefined while somebody else leads. */
  #renewedAt: number | undefined;

  constructor(options: ElectorOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 2_000;
    if (this.#leaseMs % 1000 !== 0) throw new Error(`leaseMs is ${this.#leaseMs}: a Lease counts whole seconds.`);
    if (this.#renewDeadlineMs >= this.#leaseMs)
      throw new Error(`renewDeadlineMs (${this.#renewDeadlineMs}) must be less than leaseMs (${this.#leaseMs}).`);
    if (this.#retryMs >= this.#renewDeadlineMs)
      throw new Error(`retryMs (${this.#retryMs}) must be less than renewDeadlineMs (${this.#renewDeadlineMs}).`);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when this process leads; never, if `stop` comes first. */
  whenLeading(): Promise<void> {
    return this.#elected.promise;
  }

  /** False as soon as the lead could have passed to another, also when a stalled process has not noticed yet. */
  isLeading(): boolean {
    return this.#renewedAt !== undefined && this.#leftMs() > 0;
  }

  /** Ends and, if it leads, gives the lease back, so that the next one need not wait. End all work before. */
  async stop(): Promise<void> {
    this.#life.abort();
    await this.#running;
    if (this.#renewedAt === undefined) return;
    this.#leave();
    await this.#release();
  }

  async #run(): Promise<void> {
    const { timing, logger, metrics, name, identity, onLost } = this.#options;
    const { signal } = this.#life;
    while (!signal.aborted && !((await this.#attempt()) && this.isLeading())) await this.#pause();
    if (signal.aborted) return;
    metrics.leader.set({ name }, 1);
    logger.info({ lease: name, identity }, 'leading');
    this.#elected.resolve();
    while (!signal.aborted) {
      await sleep(timing, Math.min(this.#retryMs, this.#leftMs()), signal);
      if (signal.aborted) return;
      await this.#attempt();
      // Also after a success: it may have taken so long that another one leads by now.
      const reason = this.#lostReason();
      if (reason === undefined || signal.aborted) continue;
      this.#leave();
      logger.error({ code: 'LeaseLost', lease: name, identity }, reason);
      return onLost(reason);
    }
  }

  #lostReason(): string | undefined {
    const holder = this.#seen?.spec?.holderIdentity;
    if (holder && holder !== this.#options.identity) return `The lease is now held by ${holder}.`;
    if (this.isLeading()) return undefined;
    return `The lease could not be renewed in ${this.#renewDeadlineMs} ms.`;
  }

  /** Those that wait must not all ask at the same moment. */
  #pause(): Promise<void> {
    const { timing } = this.#options;
    return sleep(timing, this.#retryMs * (1 + 1.2 * timing.random()), this.#life.signal);
  }

  /** Takes or renews the lease once; whether it is ours now. Failures are logged, not thrown. */
  async #attempt(): Promise<boolean> {
    const { timing, logger, name } = this.#options;
    const deadline = new AbortController();
    // A request that hangs must leave time for another, and a leader must know in time that it leads no more.
    const cancel = timing.after(Math.min(this.#renewDeadlineMs / 2, this.#leftMs()), () => deadline.abort());
    const begun = timing.monotonic();
    try {
      if (!(await this.#takeOrRenew(deadline.signal))) return false;
      this.#renewedAt = begun;
      return true;
    } catch (error) {
      // Another one was quicker: what it wrote is read next time.
      if (!isConflict(error) && !isAlreadyExists(error))
        logger.warn({ code: 'LeaseFailed', error, lease: name }, 'the lease could not be read or written');
      return false;
    } finally {
      cancel();
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<boolean> {
    const { api, namespace, name, identity, timing } = this.#options;
    // While we lead nobody else writes, so what we wrote is what is there: one request instead of two.
    const current = this.#seenIsOld || this.#renewedAt === undefined ? await this.#read(signal) : this.#seen;
    this.#seenIsOld = true;
    const ours = current?.spec?.holderIdentity === identity;
    if (current && !ours && this.#isHeld(current)) return false;
    const record = leaseRecord({ namespace, name, identity, seconds: this.#leaseMs / 1000 }, current, timing.now());
    const write = current ? api.replace(kinds.Lease, record, { signal }) : api.create(kinds.Lease, record, { signal });
    this.#observe(await write);
    this.#seenIsOld = false;
    return true;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { api, namespace, name } = this.#options;
    const lease = await api.find<Lease>(kinds.Lease, { namespace, name }, { signal });
    this.#observe(lease);
    return lease;
  }

  #observe(lease: Lease | undefined): void {
    if (lease?.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion)
      this.#seenAt = this.#options.timing.monotonic();
    this.#seen = lease;
  }

  /** The holder's clock is not ours: only how long we have seen no change of the lease counts. */
  #isHeld(lease: Lease): boolean {
    const seconds = held(lease) ? (lease.spec?.leaseDurationSeconds ?? 0) : 0;
    return this.#options.timing.monotonic() - this.#seenAt < seconds * 1000;
  }

  /** Of the time within which a leader must renew; all of it for one that does not lead. */
  #leftMs(): number {
    if (this.#renewedAt === undefined) return this.#renewDeadlineMs;
    return Math.max(0, this.#renewedAt + this.#renewDeadlineMs - this.#options.timing.monotonic());
  }

  #leave(): void {
    this.#renewedAt = undefined;
    this.#options.metrics.leader.set({ name: this.#options.name }, 0);
  }

  async #release(): Promise<void> {
    const { api, namespace, name, identity, timing, logger } = this.#options;
    const deadline = new AbortController();
    const cancel = timing.after(this.#renewDeadlineMs / 2, () => deadline.abort());
    const { signal } = deadline;
    try {
      const lease = await api.find<Lease>(kinds.Lease, { namespace, name }, { signal });
      if (lease?.spec?.holderIdentity !== identity) return;
      await api.replace(kinds.Lease, released(lease, timing.now()), { signal });
      logger.info({ lease: name, identity }, 'gave the lease back');
    } catch (error) {
      logger.warn({ code: 'LeaseFailed', error, lease: name }, 'the lease could not be given back; it will expire');
    } finally {
      cancel();
    }
  }
}
