/** The event log of a cluster: the Broker port on Kafka, by kafkajs. */
import type { Admin } from 'kafkajs';
import type {
  Broker,
  BrokerRecord,
  Consumer,
  ConsumerOptions,
  PartitionOffsets,
  Producer,
  ReadRange,
  TopicSettings,
} from '../broker.ts';
import { connectAdmin, kafkaSettings, type KafkaOptions, type KafkaSettings } from './kafka/client.ts';
import { GroupConsumer } from './kafka/consumer.ts';
import { nameUser, namingUser } from './kafka/missing-right.ts';
import { SerialProducer } from './kafka/producer.ts';
import { follow, read } from './kafka/reading.ts';
import { openGate } from './open-gate.ts';
import { createTopics, deleteTopics, fetchCommitted, fetchOffsets } from './kafka/topics.ts';

const connectWithinMs = 15_000;

/** Rejects with a retryable `BrokerUnavailable` if no broker answers, with `BadConfig` if it refuses this client. */
export async function connectKafka(options: KafkaOptions): Promise<Broker> {
  const settings = kafkaSettings(options);
  const admin = await connectAdmin(settings, Math.min(connectWithinMs, settings.deliveryTimeoutMs));
  return new KafkaBroker(settings, admin);
}

class KafkaBroker implements Broker {
  readonly #settings: KafkaSettings;
  readonly #admin: Admin;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #closed: Promise<void> | undefined;

  constructor(settings: KafkaSettings, admin: Admin) {
    this.#settings = settings;
    this.#admin = admin;
  }

  async producer(): Promise<Producer> {
    const producer = await this.#keep(SerialProducer.connect(this.#settings));
    return {
      send: (topic, records) => this.#named(producer.send(topic, records)),
      close: () => producer.close(),
    };
  }

  consume(options: ConsumerOptions): Promise<Consumer> {
    const start = (gated: ConsumerOptions) => GroupConsumer.start(this.#settings, this.#admin, gated);
    return this.#keep(openGate(this.#naming(options), start));
  }

  follow(options: Parameters<Broker['follow']>[0]): Promise<{ close(): Promise<void> }> {
    return this.#keep(follow(this.#settings, this.#admin, this.#naming(options)));
  }

  async *read(range: ReadRange): AsyncIterable<readonly BrokerRecord[]> {
    try {
      yield* read(this.#settings, this.#admin, range);
    } catch (error) {
      throw nameUser(error, this.#settings.user());
    }
  }

  createTopics(topics: readonly TopicSettings[]): Promise<void> {
    return this.#named(createTopics(this.#admin, topics));
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#named(deleteTopics(this.#admin, names));
  }

  offsets(topic: string): Promise<PartitionOffsets[]> {
    return this.#named(fetchOffsets(this.#admin, topic));
  }

  committed(group: string, topic: string): Promise<Map<number, number>> {
    return this.#named(fetchCommitted(this.#admin, group, topic));
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([...this.#open].map((part) => part.close())).then(() => this.#admin.disconnect());
    return this.#closed;
  }

  async #keep<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> {
    const part = await this.#named(opening);
    this.#open.add(part);
    return part;
  }

  #named<T>(work: Promise<T>): Promise<T> {
    return namingUser(this.#settings.user, work);
  }

  #naming<T extends { readonly onFatal: (error: unknown) => void }>(options: T): T {
    return { ...options, onFatal: (error: unknown) => options.onFatal(nameUser(error, this.#settings.user())) };
  }
}
