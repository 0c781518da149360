/** A pipeline's life under the operator, on a real control plane with real topics. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { streams } from '../../../services/shared/streams.ts';
import { readAudit } from '../../testbed/kubernetes/audit.ts';
import { example, startWorld, type World } from './world.ts';

let world: World;
let admin: Admin;

beforeAll(async () => {
  world = await startWorld();
  await world.startOperator();
});
afterAll(() => world?.stop());
beforeEach(async () => {
  admin = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
});
afterEach(async () => {
  await admin.disconnect();
  expect(world.fatal).toEqual([]);
});

const patience = { timeout: 60_000, interval: 250 };

async function create(namespace: string, yaml = example('shop.yaml')): Promise<void> {
  await world.namespace(namespace);
  await world.cluster.kubectl(['apply', '-n', namespace, '-f', '-'], { input: yaml });
}

const becomes = (namespace: string, type: string, wanted: string) =>
  expect.poll(() => world.condition(namespace, type), patience).toBe(wanted);

const patch = (namespace: string, change: object) =>
  world.cluster.kubectl(['patch', 'ppl', 'shop', '-n', namespace, '--type=merge', '-p', JSON.stringify(change)]);

const annotate = (namespace: string, value: string) =>
  world.cluster.kubectl(['annotate', 'ppl', 'shop', '-n', namespace, '--overwrite', value]);

const topicsOf = async (namespace: string) =>
  (await admin.listTopics()).filter((name) => name.startsWith(`${namespace}.shop.`)).toSorted();

interface Deployment {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: { readonly replicas: number };
}

const deployments = async (namespace: string) =>
  (await world.get<{ items: Deployment[] }>('-n', namespace, 'deployments')).items;

const generations = async (namespace: string) =>
  Object.fromEntries((await deployments(namespace)).map(({ metadata }) => [metadata.name, metadata.generation]));

const writes = async () => {
  const verbs = new Set(['create', 'update', 'patch', 'delete']);
  const requests = await readAudit(world.cluster.auditLog, ({ userAgent }) =>
    userAgent.startsWith('likeness-operator/'),
  );
  return requests.filter(({ verb, resource }) => verbs.has(verb) && resource !== 'leases');
};

describe('a pipeline of ten lines', () => {
  beforeAll(() => create('first'));

  it('becomes Ready: topics on Kafka, stages on nodes, everything within the restricted standard', async () => {
    await becomes('first', 'Ready', 'True Ready');
    const { status, metadata } = await world.pipeline('first');
    expect(status).toMatchObject({
      observedGeneration: metadata.generation,
      operatorVersion: '0.1.0',
      epoch: 1,
      lag: '0',
      stages: ['ingest', 'cleaner', 'feature'].map((name) => ({ name, desired: 1, ready: 1, image: 'likeness:test' })),
      serving: { url: 'http://shop-serving.first.svc', replicas: 1, readyReplicas: 1 },
    });
    expect(await topicsOf('first')).toEqual(streams.map((stream) => `first.shop.${stream}.e1`).toSorted());
  });

  it('is looked at again and again without a single write', async () => {
    const before = await writes();
    // An annotation of somebody else's brings a pass over everything.
    await annotate('first', 'somebody.else/was=here');
    await sleep(3000);
    expect((await writes()).slice(before.length)).toEqual([]);
  });

  it('restarts only the stages that a change concerns', async () => {
    const before = await generations('first');
    await patch('first', { spec: { serving: { rules: { bury: ['sku-1'] } } } });
    await expect.poll(() => generations('first'), patience).not.toEqual(before);
    await becomes('first', 'Ready', 'True Ready');
    const { 'shop-serving': serving, ...others } = await generations('first');
    expect(serving).toBeGreaterThan(before['shop-serving']!);
    expect(others).toEqual(Object.fromEntries(Object.entries(before).filter(([name]) => name !== 'shop-serving')));
  });

  it('puts back what somebody changed or deleted', async () => {
    await world.cluster.kubectl(['scale', '-n', 'first', 'deployment/shop-cleaner', '--replicas=3']);
    await world.cluster.kubectl(['delete', '-n', 'first', 'service/shop-serving']);
    const cleaner = async () =>
      (await deployments('first')).find(({ metadata }) => metadata.name === 'shop-cleaner')?.spec.replicas;
    await expect.poll(cleaner, patience).toBe(1);
    await expect
      .poll(() => world.get('-n', 'first', 'service/shop-serving').catch(() => 'none'), patience)
      .not.toBe('none');
  });

  it('keeps running on its last good spec while the present one is refused', async () => {
    const bad = [{ name: 'x', ratio: { of: 'nothing', to: 'views7d' } }];
    await patch('first', { spec: { features: bad } });
    await becomes('first', 'SpecValid', 'False SpecRefused');
    const { status, metadata } = await world.pipeline('first');
    expect(status?.observedGeneration).toBe(metadata.generation);
    expect(status?.conditions?.find(({ type }) => type === 'SpecValid')?.message).toContain(
      'spec.features[0].ratio.of',
    );
    await world.cluster.kubectl(['delete', '-n', 'first', 'deployment/shop-feature']);
    await expect.poll(async () => (await deployments('first')).length, patience).toBe(4);
    await patch('first', { spec: { features: null } });
    await becomes('first', 'Ready', 'True Ready');
  });

  it('is left alone while it is paused, observedGeneration too', async () => {
    await annotate('first', 'likeness.dev/paused=true');
    await becomes('first', 'Paused', 'True Annotation');
    const before = await world.pipeline('first');
    await patch('first', { spec: { serving: { rules: { bury: ['sku-2'] } } } });
    await sleep(1500);
    const during = await world.pipeline('first');
    expect(during.metadata.generation).toBeGreaterThan(before.metadata.generation!);
    expect(during.status?.observedGeneration).toBe(before.status?.observedGeneration);
    await annotate('first', 'likeness.dev/paused-');
    await expect
      .poll(async () => (await world.pipeline('first')).status?.observedGeneration, patience)
      .toBe(during.metadata.generation);
    await becomes('first', 'Paused', 'undefined undefined');
  });

  it('stops its stages while it is suspended, and says so', async () => {
    await patch('first', { spec: { suspend: true } });
    await becomes('first', 'Ready', 'False Suspended');
    expect((await deployments('first')).map(({ spec }) => spec.replicas)).toEqual([0, 0, 0, 0]);
    await patch('first', { spec: { suspend: false } });
    await becomes('first', 'Ready', 'True Ready');
  });

  it('scales serving by the scale subresource', async () => {
    await world.cluster.kubectl(['scale', '-n', 'first', 'ppl/shop', '--replicas=2']);
    await expect.poll(async () => (await world.pipeline('first')).status?.serving?.readyReplicas, patience).toBe(2);
  });

  it('takes its topics along when it is deleted', async () => {
    await world.cluster.kubectl(['delete', '-n', 'first', 'ppl/shop', '--timeout=60s']);
    expect(await topicsOf('first')).toEqual([]);
    await expect.poll(async () => (await deployments('first')).length, patience).toBe(0);
  });
});

it('leaves its topics when it is to retain them', async () => {
  await create('retained');
  await becomes('retained', 'Ready', 'True Ready');
  await patch('retained', { spec: { deletionPolicy: 'Retain' } });
  const topics = await topicsOf('retained');
  await world.cluster.kubectl(['delete', '-n', 'retained', 'ppl/shop', '--timeout=60s']);
  expect(await topicsOf('retained')).toEqual(topics);
});

it('says the address of a Kafka that does not answer, and holds up nobody else', async () => {
  const elsewhere = `${example('shop.yaml')}\n  kafka: {bootstrapServers: "127.0.0.1:1"}\n`;
  await create('lost', elsewhere);
  await create('fine');
  await becomes('fine', 'Ready', 'True Ready');
  await becomes('lost', 'TopicsReady', 'False BrokerUnreachable');
  const { status } = await world.pipeline('lost');
  expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('127.0.0.1:1');
  // No pod of it was made that could only fail.
  expect(await deployments('lost')).toEqual([]);
});

it('refuses topics with other partitions than the spec says, and touches nothing of them', async () => {
  await admin.createTopics({ topics: [{ topic: 'other.shop.events-raw.e1', numPartitions: 7 }] });
  await create('other');
  await becomes('other', 'TopicsReady', 'False TopicsRefused');
  const { status } = await world.pipeline('other');
  const message = status?.conditions?.find(({ type }) => type === 'TopicsReady')?.message;
  expect(message).toContain('topic other.shop.events-raw.e1: it has 7 partitions, 2 are wanted');
  await world.cluster.kubectl(['delete', '-n', 'other', 'ppl/shop', '--timeout=60s']);
  expect(await topicsOf('other')).toEqual(['other.shop.events-raw.e1']);
});
