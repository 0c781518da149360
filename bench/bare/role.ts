/**
 * One process of the bare two-hop pipe: producer → topic → forwarder → topic → consumer. Stock kafkajs, nothing
 * parsed. `node role.ts ROLE JSON`; says `ready`, works, says one JSON line of what it did.
 */
import { createInterface } from 'node:readline';
import { Kafka, logLevel, type Consumer, type Message, type Producer } from 'kafkajs';

interface RoleOptions {
  readonly kafka: string;
  readonly topics: readonly [first: string, second: string];
  readonly partitions: number;
  /** Values to send first, untimed and as fast as possible, and then, timed. */
  readonly warmUp: number;
  readonly messages: number;
  readonly bytes: number;
  readonly perSend: number;
  /** Timed messages a second; 0: as fast as possible. */
  readonly rate: number;
}

const [role, json] = process.argv.slice(2);
const options = JSON.parse(json!) as RoleOptions;
const kafka = new Kafka({ brokers: [options.kafka], clientId: `bare-${role}`, logLevel: logLevel.ERROR });
const say = (message: object | string) => process.stdout.write(`${JSON.stringify(message)}\n`);

function send(producer: Producer, topic: string, messages: Message[]): Promise<unknown> {
  return producer.send({ topic, acks: -1, messages });
}

async function connectProducer(): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  return producer;
}

async function connectConsumer(topic: string): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId: `${topic}-bare`, minBytes: 1, maxWaitTimeInMs: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  return consumer;
}

async function produce(): Promise<void> {
  const producer = await connectProducer();
  say('ready');
  await told();
  await sendAll(producer, options.warmUp, 0);
  await told();
  await sendAll(producer, options.messages, options.rate);
}

const parent = createInterface({ input: process.stdin });
// Its end, however it comes, is this process's end too.
parent.once('close', () => process.exit());
const words = parent[Symbol.asyncIterator]();
/** Waits for the next word from the parent, which may have come while this process was still busy. */
const told = () => words.next();

async function sendAll(producer: Producer, count: number, rate: number): Promise<void> {
  const value = Buffer.alloc(options.bytes, 120);
  const started = performance.now();
  for (let sent = 0; sent < count; sent += options.perSend) {
    const messages = Array.from({ length: Math.min(options.perSend, count - sent) }, (_, index) => ({
      value: options.rate ? stamped(options.bytes) : value,
      partition: (sent + index) % options.partitions,
    }));
    await send(producer, options.topics[0], messages);
    if (rate) await pause(started + ((sent + messages.length) / rate) * 1000);
  }
}

/** The time of sending, in microseconds of the machine's monotonic clock, in front. */
function stamped(bytes: number): Buffer {
  const value = Buffer.alloc(bytes, 120);
  value.writeBigUInt64LE(process.hrtime.bigint() / 1000n);
  return value;
}

async function pause(until: number): Promise<void> {
  const due = until - performance.now();
  if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
}

async function forward(): Promise<void> {
  const [from, to] = options.topics;
  const [producer, consumer] = [await connectProducer(), await connectConsumer(from)];
  consumer.on(consumer.events.GROUP_JOIN, () => say('ready'));
  await consumer.run({
    eachBatchAutoResolve: true,
    partitionsConsumedConcurrently: 1,
    eachBatch: async ({ batch }) => {
      const { partition } = batch;
      for (let start = 0; start < batch.messages.length; start += options.perSend) {
        const part = batch.messages.slice(start, start + options.perSend);
        await send(
          producer,
          to,
          part.map(({ value }) => ({ value, partition })),
        );
      }
    },
  });
}

async function consume(): Promise<void> {
  const consumer = await connectConsumer(options.topics[1]);
  consumer.on(consumer.events.GROUP_JOIN, () => say('ready'));
  const latencies: number[] = [];
  let received = 0;
  await consumer.run({
    eachBatch: ({ batch }) => {
      if (options.rate && received >= options.warmUp) {
        const now = Number(process.hrtime.bigint() / 1000n);
        for (const { value } of batch.messages) latencies.push((now - Number(value!.readBigUInt64LE())) / 1000);
      }
      received += batch.messages.length;
      if (received === options.warmUp) say('warm');
      if (received === options.warmUp + options.messages) say({ received, latencies });
      return Promise.resolve();
    },
  });
}

await { producer: produce, forwarder: forward, consumer: consume }[role as 'producer']();
