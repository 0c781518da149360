/**
 * Knows what the stream `models` of every pipeline says, and writes to it, apart from reconciling: a reconcile asks what
 * is known and goes on.
 */
import type { Broker, BrokerRecord } from '../../../services/shared/broker.ts';
import { describeError } from '../../../services/shared/errors.ts';
import { activeKey, type ActiveMessage } from '../../../services/shared/model-stream.ts';
import type { Clock } from '../../../services/shared/service.ts';
import { noteRecords, type Standings } from '../../model-standings.ts';
import { Permits } from '../permits.ts';

export interface WantedModels {
  /** Name of the topic of the stream `models`. */
  readonly topic: string;
  readonly connect: () => Promise<Broker>;
}

export interface ModelsState {
  /** undefined: not read yet. */
  readonly standings: Standings | undefined;
  /** Why it could not be read or written last; empty where nothing is wrong. */
  readonly problem: string;
}

export interface ModelsKeeperOptions {
  readonly clock: Clock;
  /** Told when what is known of a pipeline has changed. */
  readonly onChange: (pipeline: string) => void;
  /** Between two tries after a failure. */
  readonly retryMs?: number;
  /** Pipelines looked after at once. */
  readonly atOnce?: number;
}

interface Entry {
  readonly topic: string;
  state: ModelsState;
  /** The hint under which it was read last. */
  read: string | undefined;
  /** The next offset to read. */
  next: number;
  failedAt: number;
  running: boolean;
}

export class ModelsKeeper {
  readonly #entries = new Map<string, Entry>();
  readonly #options: Required<ModelsKeeperOptions>;
  readonly #permits: Permits;
  #closed = false;

  constructor(options: ModelsKeeperOptions) {
    this.#options = { retryMs: 5000, atOnce: 16, ...options };
    this.#permits = new Permits(this.#options.atOnce);
  }

  /**
   * What is known. Never waits; reads on behind the caller's back where `hint`, which is to change when there may be
   * something new, has changed.
   */
  look(pipeline: string, wanted: WantedModels, hint: string): ModelsState {
    const entry = this.#entryOf(pipeline, wanted);
    if (entry.read !== hint) this.#start(pipeline, entry, (broker) => this.#readOn(entry, { broker, hint }), wanted);
    return entry.state;
  }

  /** Writes it and reads it back. A second one while the first is on its way is dropped: the caller decides again. */
  announce(pipeline: string, wanted: WantedModels, message: ActiveMessage): void {
    const entry = this.#entryOf(pipeline, wanted);
    const work = async (broker: Broker): Promise<void> => {
      // Another one may have written since.
      await this.#readOn(entry, { broker, hint: entry.read });
      const known = entry.state.standings?.get(message.model)?.active?.generation ?? 0;
      if (known >= message.generation) return;
      await send(broker, entry.topic, message);
      await this.#readOn(entry, { broker, hint: entry.read });
    };
    this.#start(pipeline, entry, work, wanted);
  }

  forget(pipeline: string): void {
    this.#entries.delete(pipeline);
  }

  /** Nothing is started any more, and nobody is told. */
  close(): void {
    this.#closed = true;
    this.#entries.clear();
  }

  #entryOf(pipeline: string, { topic }: WantedModels): Entry {
    const known = this.#entries.get(pipeline);
    if (known?.topic === topic) return known;
    const state = { standings: undefined, problem: '' };
    const entry: Entry = { topic, state, read: undefined, next: 0, failedAt: -Infinity, running: false };
    this.#entries.set(pipeline, entry);
    return entry;
  }

  #start(pipeline: string, entry: Entry, work: (broker: Broker) => Promise<void>, wanted: WantedModels): void {
    const { clock, retryMs, onChange } = this.#options;
    if (entry.running || clock.now() - entry.failedAt < retryMs) return;
    entry.running = true;
    const before = entry.state;
    void this.#permits.take().then(async () => {
      try {
        if (!this.#closed) await connected(wanted, work);
      } catch (error) {
        entry.failedAt = clock.now();
        entry.state = { ...entry.state, problem: describeError(error) };
      } finally {
        entry.running = false;
        this.#permits.release();
      }
      const isOurs = !this.#closed && this.#entries.get(pipeline) === entry;
      if (isOurs && entry.state !== before) onChange(pipeline);
    });
  }

  async #readOn(
    entry: Entry,
    { broker, hint }: { readonly broker: Broker; readonly hint: string | undefined },
  ): Promise<void> {
    const { topic } = entry;
    const [held] = await broker.offsets(topic);
    const { low, high } = held ?? { low: 0, high: 0 };
    // A topic that ends before what was read is another one.
    const isNew = high < entry.next || entry.state.standings === undefined;
    const from = isNew ? low : entry.next;
    const records: BrokerRecord[] = [];
    if (from < high)
      for await (const some of broker.read({ topic, partition: 0, from, to: high })) records.push(...some);
    if (isNew || records.length > 0 || entry.state.problem !== '') {
      const known = isNew ? new Map() : entry.state.standings!;
      entry.state = { standings: noteRecords(known, records, high), problem: '' };
    }
    entry.next = high;
    entry.read = hint;
  }
}

async function connected(wanted: WantedModels, work: (broker: Broker) => Promise<void>): Promise<void> {
  const broker = await wanted.connect();
  try {
    await work(broker);
  } finally {
    await broker.close();
  }
}

async function send(broker: Broker, topic: string, message: ActiveMessage): Promise<void> {
  const producer = await broker.producer();
  try {
    const value = Buffer.from(JSON.stringify(message));
    await producer.send(topic, [{ partition: 0, key: activeKey(message.model), value }]);
  } finally {
    await producer.close();
  }
}
