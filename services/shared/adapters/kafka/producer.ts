/** Producing to Kafka: one request at a time, and calls made meanwhile travel together in the next. */
import type { Producer as KafkaProducer } from 'kafkajs';
import type { OutgoingRecord, Producer } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import { insist, type KafkaSettings } from './client.ts';
import { checkSizes, nextRequest, type WaitingSend } from './requests.ts';

interface Send extends WaitingSend {
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * kafkajs' idempotent producer hands a sequence out again after a request that failed for good, though the broker may
 * have appended it, and then acknowledges a batch that it drops: a loss. So this one is not idempotent. One request
 * is outstanding, which keeps the order; one that timed out may be appended twice, which the contract allows.
 */
export class SerialProducer implements Producer {
  readonly #producer: KafkaProducer;
  readonly #deliveryTimeoutMs: number;
  readonly #waiting: Send[] = [];
  #sending: Promise<void> | undefined;
  #closed = false;

  private constructor(producer: KafkaProducer, deliveryTimeoutMs: number) {
    this.#producer = producer;
    this.#deliveryTimeoutMs = deliveryTimeoutMs;
  }

  static async connect({ hasty, deliveryTimeoutMs }: KafkaSettings): Promise<SerialProducer> {
    const producer = hasty.producer({
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
      retry: { retries: 0 },
    });
    await insist('connecting a producer', deliveryTimeoutMs, () => producer.connect());
    return new SerialProducer(producer, deliveryTimeoutMs);
  }

  async send(topic: string, records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#closed) throw new LikenessError('BrokerUnavailable', 'This producer is closed.');
    if (records.length === 0) return;
    checkSizes(topic, records);
    const deadline = Date.now() + this.#deliveryTimeoutMs;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ topic, records, taken: 0, deadline, resolve, reject });
      this.#sending ??= this.#sendAll();
    });
  }

  /** Sends what waits first. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#sending;
    await this.#producer.disconnect();
  }

  async #sendAll(): Promise<void> {
    // Calls made in one go travel together. A turn of the event loop would bring in more, but the first would wait for
    // whatever else that turn has to do; what comes meanwhile goes together in the next request anyway.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#sendNext();
    this.#sending = undefined;
  }

  async #sendNext(): Promise<void> {
    const topicMessages = nextRequest(this.#waiting);
    const left = this.#waiting[0]!.deadline - Date.now();
    const doing = `producing to ${topicMessages.map(({ topic }) => topic).join(', ')}`;
    try {
      await insist(doing, left, () => this.#producer.sendBatch({ topicMessages, acks: -1 }));
      for (const send of this.#takeOff((each) => each.taken === each.records.length)) send.resolve();
    } catch (error) {
      for (const send of this.#takeOff((each) => each.taken > 0)) send.reject(error);
    }
  }

  /** Requests take sends in order, so those that are done, or begun, are the first ones. */
  #takeOff(isMeant: (send: Send) => boolean): Send[] {
    const end = this.#waiting.findIndex((send) => !isMeant(send));
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}
