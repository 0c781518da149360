/** Ingest's connection to the broker: made in the background, watched, and never a reason to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Broker, OutgoingRecord, Producer } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import type { LotRecord, LotStream } from './lot.ts';

export interface BrokerLink {
  /** Resolves when all records are durable; rejects with a LikenessError, `BrokerUnavailable` if there is no connection. */
  send(records: readonly LotRecord[]): Promise<void>;
  /** As the last send or look at the broker says. */
  readonly reachable: boolean;
  stop(): Promise<void>;
}

/** What ingest needs of a broker. */
export type IngestBroker = Pick<Broker, 'producer' | 'offsets'>;

export interface BrokerLinkOptions {
  readonly broker: IngestBroker;
  readonly topics: Readonly<Record<LotStream, string>>;
  readonly logger: Logger;
  /** How long the start waits for the first connection before it goes on without. */
  readonly patienceMs?: number;
}

const lookEveryMs = { reachable: 5000, unreachable: 500 } as const;

export async function openBrokerLink(options: BrokerLinkOptions): Promise<BrokerLink> {
  const link = new WatchedLink(options);
  const look = link.look();
  await Promise.race([look, sleep(options.patienceMs ?? 3000, undefined, { ref: false })]);
  link.watch(look).catch((error: unknown) => options.logger.error({ error }, 'the broker is watched no more'));
  return link;
}

class WatchedLink implements BrokerLink {
  readonly #options: BrokerLinkOptions;
  readonly #stopping = new AbortController();
  #producer: Producer | undefined;
  #lastError: string | undefined;
  reachable = false;

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
  }

  async send(records: readonly LotRecord[]): Promise<void> {
    const producer = this.#producer;
    if (producer === undefined)
      throw new LikenessError('BrokerUnavailable', 'There is no connection to the broker yet', { retryable: true });
    try {
      await Promise.all(byTopic(records, this.#options.topics).map(([topic, group]) => producer.send(topic, group)));
      this.#note(true);
    } catch (error) {
      this.#note(false, error);
      throw error;
    }
  }

  async look(): Promise<void> {
    const { broker, topics } = this.#options;
    try {
      this.#producer ??= await broker.producer();
      await broker.offsets(topics['events-raw']);
      this.#note(true);
    } catch (error) {
      this.#note(false, error);
    }
  }

  async watch(firstLook: Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    // One look at a time: a look at a broker that is away may last.
    for (let look = firstLook; !signal.aborted; look = this.look()) {
      await look;
      await pause(this.reachable ? lookEveryMs.reachable : lookEveryMs.unreachable, signal);
    }
  }

  /** Logs the change, not every repetition. */
  #note(reachable: boolean, error?: unknown): void {
    const text = reachable ? undefined : errorText(error);
    if (this.#stopping.signal.aborted || (reachable === this.reachable && text === this.#lastError)) return;
    this.reachable = reachable;
    this.#lastError = text;
    if (reachable) this.#options.logger.info('the broker can be reached');
    else this.#options.logger.warn({ error }, 'the broker cannot be reached');
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#producer?.close();
  }
}

/** Ends early, without an error, when the service stops. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function byTopic(records: readonly LotRecord[], topics: Readonly<Record<LotStream, string>>) {
  const groups = new Map<string, OutgoingRecord[]>();
  for (const { stream, partition, key, value } of records) {
    const group = groups.get(topics[stream]);
    if (group === undefined) groups.set(topics[stream], [{ partition, key, value }]);
    else group.push({ partition, key, value });
  }
  return [...groups];
}
