/** What the parts of the Broker contract share: a log under test, its clients, and the tidying up. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { BrokerAddress } from '../../services/shared/adapters/connect-broker.ts';
import type { Broker, BrokerRecord, Consumer, ConsumerOptions, Producer } from '../../services/shared/broker.ts';
import { unique } from '../testbed/unique.ts';

export interface BrokerHarness {
  /** For clients in other processes. */
  readonly address: BrokerAddress;
  /** One more client of the same log. */
  open(): Promise<Broker>;
  /** Appends `values` to partition 0 of a compacted topic, then what takes offsets and leaves no record there. */
  appendThenGap(topic: string, values: readonly string[]): Promise<void>;
  /** Makes every record that the topic (of retention 60 s) holds now go, as time does. */
  expire(topic: string): Promise<void>;
  close(): Promise<void>;
}

type ConsumeOptions = Pick<ConsumerOptions, 'topics' | 'onBatch'> & Partial<ConsumerOptions>;

export const patience = { timeout: 30_000, interval: 20 };
export const textOf = (record: BrokerRecord): string =>
  record.value ? Buffer.from(record.value).toString() : '(null)';
/** `from` to `to` − 1, as texts. */
export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));
export const ascending = (values: Iterable<number>): number[] => [...values].toSorted((a, b) => a - b);

export class BrokerWorld {
  harness!: BrokerHarness;
  broker!: Broker;
  producer!: Producer;
  /** What consumers reported as fatal; a test that expects it gives its own `onFatal`. */
  readonly #fatal: unknown[] = [];
  readonly #closing = new Set<{ close(): Promise<void> }>();
  #others: Broker[] = [];

  constructor(makeHarness: () => Promise<BrokerHarness>) {
    beforeAll(async () => {
      this.harness = await makeHarness();
      this.broker = await this.harness.open();
      this.producer = await this.broker.producer();
    });
    afterEach(() => this.#tidy());
    afterAll(async () => {
      await this.broker.close();
      await this.harness.close();
    });
  }

  readonly onFatal = (error: unknown): void => void this.#fatal.push(error);

  async makeTopic(partitions = 1, settings: { compacted?: boolean; retentionMs?: number } = {}): Promise<string> {
    const topic = unique('t');
    await this.broker.createTopics([{ name: topic, partitions, ...settings }]);
    return topic;
  }

  /** Another client, closed after the test. */
  async another(): Promise<Broker> {
    const other = await this.harness.open();
    this.#others.push(other);
    return other;
  }

  /** Closes it after the test. */
  keep<T extends { close(): Promise<void> }>(part: T): T {
    this.#closing.add(part);
    return part;
  }

  async consume(options: ConsumeOptions, on = this.broker): Promise<Consumer> {
    const settings = { group: unique('g'), onFatal: this.onFatal, retryMs: 20, sessionTimeoutMs: 3_000 };
    return this.keep(await on.consume({ ...settings, ...options }));
  }

  /** A consumer that only collects, and what it has collected so far. */
  async collect(
    topic: string,
    options: Partial<ConsumerOptions> = {},
  ): Promise<{ seen: BrokerRecord[]; consumer: Consumer }> {
    const seen: BrokerRecord[] = [];
    const onBatch: ConsumerOptions['onBatch'] = async ({ records }) => void seen.push(...records);
    const consumer = await this.consume({ topics: [topic], onBatch, ...options });
    return { seen, consumer };
  }

  send(topic: string, values: readonly string[], partition = 0): Promise<void> {
    return this.producer.send(
      topic,
      values.map((value) => ({ partition, key: 'k', value: Buffer.from(value) })),
    );
  }

  async readAll(topic: string, partition = 0, range = { from: 0, to: Infinity }): Promise<BrokerRecord[]> {
    const records: BrokerRecord[] = [];
    for await (const some of this.broker.read({ topic, partition, ...range })) records.push(...some);
    return records;
  }

  async #tidy(): Promise<void> {
    await Promise.all([...this.#closing].map((part) => part.close()));
    this.#closing.clear();
    await Promise.all(this.#others.map((other) => other.close()));
    this.#others = [];
    expect(this.#fatal.splice(0)).toEqual([]);
  }
}
