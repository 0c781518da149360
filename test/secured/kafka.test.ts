/** A Kafka that asks who comes: what each service may do, what is said to the others, and passwords that change. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { groupName, topicName } from '../../operator/topics.ts';
import { connectKafka } from '../../services/shared/adapters/kafka-broker.ts';
import { connectTopicAdmin } from '../../services/shared/adapters/kafka-topic-admin.ts';
import type { Broker, BrokerRecord } from '../../services/shared/broker.ts';
import type { KafkaConnection } from '../../services/shared/connections.ts';
import type { Stream } from '../../services/shared/streams.ts';
import { createAuthority } from '../testbed/authority.ts';
import type { User } from './rights.ts';
import { startSecuredWorld, writeSecret, type SecuredWorld } from './world.ts';

const pipeline = { namespace: 'shop', name: 'web', epoch: 1 };
const topic = (stream: Stream) => topicName(pipeline, stream);
const patience = { timeout: 30_000, interval: 50 };

let world: SecuredWorld;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await startSecuredWorld(pipeline);
  const admin = await connectTopicAdmin({ ...world.connectionOf('operator'), clientId: 'operator' });
  await admin.ensure(world.topics);
  await admin.close();
});
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});
afterAll(() => world.stop());

function keep<T extends { close(): Promise<void> }>(part: T): T {
  opened.push(part);
  return part;
}

const as = async (user: User): Promise<Broker> => keep(await world.connect(user));

async function send(broker: Broker, stream: Stream, text = 'x'): Promise<void> {
  const producer = await broker.producer();
  await producer.send(topic(stream), [{ partition: 0, key: 'k', value: Buffer.from(text) }]);
}

/** Consumes in the service's group until a record has come, and commits. */
async function consume(broker: Broker, stream: Stream, service: string): Promise<BrokerRecord> {
  const group = groupName(pipeline, service);
  const { promise, resolve, reject } = Promise.withResolvers<BrokerRecord>();
  const consumer = await broker.consume({
    group,
    topics: [topic(stream)],
    onBatch: async ({ records }) => resolve(records.at(-1)!),
    onFatal: reject,
  });
  const record = await promise;
  await consumer.commit(topic(stream), 0, record.offset + 1);
  await consumer.close();
  expect((await broker.committed(group, topic(stream))).get(0)).toBe(record.offset + 1);
  return record;
}

function follow(broker: Broker, stream: Stream): Promise<void> {
  return new Promise((onCaughtUp, onFatal) => {
    broker.follow({ topic: topic(stream), onRecords: () => undefined, onCaughtUp, onFatal }).then(undefined, onFatal);
  });
}

async function readAll(broker: Broker, stream: Stream): Promise<number> {
  const [held] = await broker.offsets(topic(stream));
  let count = 0;
  for await (const records of broker.read({ topic: topic(stream), partition: 0, from: held!.low, to: held!.high }))
    count += records.length;
  return count;
}

describe('what each service does', () => {
  it('ingest writes what comes in', async () => {
    const broker = await as('ingest');
    await broker.offsets(topic('events-raw'));
    await send(broker, 'events-raw');
    await send(broker, 'items');
  });

  it('the cleaner reads raw events, items and models, and writes clean and dead events and items', async () => {
    const broker = await as('cleaner');
    for (const stream of ['items', 'models'] as const) await follow(broker, stream);
    await consume(broker, 'events-raw', 'cleaner');
    for (const stream of ['events-clean', 'events-dead', 'items'] as const) await send(broker, stream);
  });

  it('feature reads clean events, in its group and by itself, writes dead ones, and watches models', async () => {
    const broker = await as('feature');
    await consume(broker, 'events-clean', 'feature');
    await follow(broker, 'models');
    await send(broker, 'signals');
    await consume(broker, 'signals', 'feature-monitor');
    expect(await readAll(broker, 'events-clean')).toBeGreaterThan(0);
    await send(broker, 'events-dead');
  });

  it('the trainer reads clean events, models and what was served, and announces models', async () => {
    const broker = await as('trainer');
    expect(await readAll(broker, 'events-clean')).toBeGreaterThan(0);
    for (const stream of ['models', 'predictions'] as const) await readAll(broker, stream);
    await send(broker, 'models');
  });

  it('serving follows items and models and logs predictions', async () => {
    const broker = await as('serving');
    await follow(broker, 'items');
    await follow(broker, 'models');
    await send(broker, 'predictions');
  });

  it('the operator keeps the topics and announces models', async () => {
    const admin = keep(await connectTopicAdmin({ ...world.connectionOf('operator'), clientId: 'operator' }));
    expect(await admin.ensure(world.topics)).toEqual([]);
    expect(await admin.check(world.topics)).toEqual([]);
    const shorter = world.topics.map((wanted) => ({ ...wanted, retentionMs: 3_600_000 }));
    expect(await admin.ensure(shorter)).toEqual([]);
    expect(await admin.check(shorter)).toEqual([]);
    expect(await admin.ensure(world.topics)).toEqual([]);
    expect(await admin.lag({ group: groupName(pipeline, 'cleaner'), topic: topic('events-raw') })).toBe(0);
    const next = topicName({ ...pipeline, epoch: 2 }, 'items');
    await admin.ensure([{ name: next, partitions: 1, compacted: true }]);
    await admin.remove([next], [groupName(pipeline, 'feature')]);
    const broker = keep(await connectKafka({ ...world.connectionOf('operator'), clientId: 'shop.web.operator' }));
    await follow(broker, 'models');
    await send(broker, 'models');
  });
});

type Attempt = (broker: Broker) => Promise<unknown>;

describe('what nobody else may', () => {
  it.each<[User, string, string, Attempt]>([
    ['ingest', 'read what it wrote', 'shop.web.ingest', (broker) => readAll(broker, 'events-raw')],
    ['ingest', 'write clean events', topic('events-clean'), (broker) => send(broker, 'events-clean')],
    ['cleaner', 'write raw events', topic('events-raw'), (broker) => send(broker, 'events-raw')],
    ['cleaner', 'announce a model', topic('models'), (broker) => send(broker, 'models')],
    [
      'feature',
      'join the group of the cleaner',
      groupName(pipeline, 'cleaner'),
      (broker) => broker.committed(groupName(pipeline, 'cleaner'), topic('events-clean')),
    ],
    ['feature', 'announce a model', topic('models'), (broker) => send(broker, 'models')],
    ['serving', 'announce a model', topic('models'), (broker) => send(broker, 'models')],
    ['serving', 'write items', topic('items'), (broker) => send(broker, 'items')],
    ['trainer', 'read raw events', topic('events-raw'), (broker) => readAll(broker, 'events-raw')],
    [
      'trainer',
      'make a topic',
      topicName({ ...pipeline, epoch: 3 }, 'models'),
      (broker) => broker.createTopics([{ name: topicName({ ...pipeline, epoch: 3 }, 'models'), partitions: 1 }]),
    ],
    ['serving', 'remove a topic', topic('items'), (broker) => broker.deleteTopics([topic('items')])],
    [
      'operator',
      'make a topic of another pipeline',
      'shop.other.items.e1',
      (broker) => broker.createTopics([{ name: 'shop.other.items.e1', partitions: 1 }]),
    ],
  ])('%s may not %s', async (user, _, name, attempt) => {
    const broker = await as(user);
    const refusal: unknown = await attempt(broker).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'LikenessError', retryable: false });
    expect((refusal as Error).message).toContain(name);
    expect((refusal as Error).message).toContain(`the user "${user}"`);
    expect((refusal as Error).message).toContain('docs/operations.md');
  });
});

describe('whom it lets in', () => {
  const open = (connection: KafkaConnection) =>
    connectKafka({ ...connection, clientId: 'door', deliveryTimeoutMs: 1000 }).then(keep);
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: 'BadConfig', message: expect.stringMatching(message) });

  it.each(['scram-sha-256', 'scram-sha-512'] as const)('by %s', async (mechanism) => {
    const broker = await open(world.connectionOf('ingest', mechanism));
    expect(await broker.offsets(topic('items'))).toHaveLength(1);
  });

  it('by the password as it is', async () => {
    const credentials = { username: 'plain', password: 'plain-secret' };
    await open({ ...world.connectionOf('ingest'), sasl: { mechanism: 'plain', credentials } });
  });

  it.each(['scram-sha-256', 'scram-sha-512', 'plain'] as const)(
    'not with a wrong password by %s',
    async (mechanism) => {
      const folder = join(world.folder, `wrong-${mechanism}`);
      writeSecret(folder, { username: 'ingest', password: 'guessed' });
      const connection = { ...world.connectionOf('ingest'), sasl: { mechanism, credentials: { folder } } };
      await expect(open(connection)).rejects.toThrow(
        refused(/refuses the user "ingest" \(LIKENESS_KAFKA_CREDENTIALS, .+\)/),
      );
      await expect(open(connection)).rejects.not.toThrow(/guessed/);
    },
  );

  it('says which file is not there', async () => {
    const folder = join(world.folder, 'none');
    const connection = world.connectionOf('ingest');
    const sasl = { mechanism: 'scram-sha-256' as const, credentials: { folder } };
    await expect(open({ ...connection, sasl })).rejects.toThrow(
      refused(/LIKENESS_KAFKA_CREDENTIALS: .+\/none\/password/),
    );
    const tls = { ca: { file: join(folder, 'ca.crt') } };
    await expect(open({ ...connection, tls })).rejects.toThrow(refused(/LIKENESS_KAFKA_CA: .+ca\.crt/));
  });

  it('trusts no certificate of another authority', async () => {
    const other = await createAuthority(join(world.folder, 'other-authority'));
    for (const tls of [{ ca: { file: other.ca } }, {}])
      await expect(open({ ...world.connectionOf('ingest'), tls })).rejects.toThrow(refused(/LIKENESS_KAFKA_CA/));
  });

  it('says what the listener may want of who comes without it', async () => {
    const { tls, sasl, address } = world.connectionOf('ingest');
    for (const connection of [
      { address, tls: tls! },
      { address, sasl: sasl! },
    ])
      await expect(open(connection)).rejects.toMatchObject({
        code: 'BrokerUnavailable',
        message: expect.stringMatching(/LIKENESS_KAFKA_TLS, LIKENESS_KAFKA_SASL/),
      });
    const inside = { address: world.kafka.insideAddress, sasl: sasl! };
    await expect(open(inside)).rejects.toThrow(refused(/LIKENESS_KAFKA_SASL/));
  });
});

describe('a password that changes', () => {
  it('stops nobody who was accepted before, whichever changes first', async () => {
    const [ingest, cleaner] = [await as('ingest'), await as('cleaner')];
    const producer = keep(await ingest.producer());
    const [seen, fatal]: [string[], unknown[]] = [[], []];
    await cleaner.consume({
      group: groupName(pipeline, 'cleaner'),
      topics: [topic('events-raw')],
      onBatch: async ({ records }) => void seen.push(...records.map(({ value }) => String(value))),
      onFatal: (error) => fatal.push(error),
    });
    const tell = (text: string) => producer.send(topic('events-raw'), [{ partition: 0, value: Buffer.from(text) }]);
    await tell('before');
    await expect.poll(() => seen, patience).toContain('before');

    for (const user of ['ingest', 'cleaner'] as const) await world.kafka.setPassword(user, `new-${user}`);
    await world.kafka.restart();
    // Both are refused now; a send waits for its delivery timeout, a consumer for the Secret.
    const meanwhile = tell('meanwhile');
    await expect(connectKafka({ ...world.connectionOf('ingest'), clientId: 'new' })).rejects.toThrow(
      /refuses the user/,
    );
    for (const user of ['ingest', 'cleaner'] as const)
      writeSecret(world.credentialsOf(user), { password: `new-${user}` });
    await meanwhile;
    await expect.poll(() => seen, patience).toContain('meanwhile');
    expect(fatal).toEqual([]);
  });
});
