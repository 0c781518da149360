import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import type { Broker } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import type { SealedArtifact } from '../../services/shared/learning/artifact.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { type ActiveMessage, candidateKey } from '../../services/shared/model-stream.ts';
import { sealModel, trustedKeys } from '../../test/serving/sealed-model.ts';
import { MemoryModelStore } from '../../test/serving/spied-stores.ts';
import { startActivation } from './activation.ts';

const topic = 'models';
let folder: string;
let broker: Broker;
let models: MemoryModelStore;
const fatal: unknown[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-activation-'));
  broker = await openEmbeddedBroker(folder);
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  models = new MemoryModelStore();
  fatal.length = 0;
});
afterEach(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
  expect(fatal).toEqual([]);
});

const start = () =>
  startActivation({
    broker,
    models,
    topic,
    trustedKeys,
    logger: pino({ enabled: false }),
    clock: Date,
    onFatal: (error) => void fatal.push(error),
  });

async function announce({ digest, manifest, files }: SealedArtifact): Promise<void> {
  await models.put(digest, files);
  const { model, version, runId, trainedAt, events, metrics } = manifest;
  const candidate = { kind: 'candidate', runId, model, version, digest, trainedAt, events, metrics };
  const producer = await broker.producer();
  await producer.send(topic, [
    { partition: 0, key: candidateKey(runId), value: Buffer.from(JSON.stringify(candidate)) },
  ]);
  await producer.close();
}

async function actives(): Promise<ActiveMessage[]> {
  const found: ActiveMessage[] = [];
  const { low, high } = (await broker.offsets(topic))[0]!;
  for await (const records of broker.read({ topic, partition: 0, from: low, to: high }))
    for (const { value } of records) found.push(JSON.parse(Buffer.from(value!).toString()) as ActiveMessage);
  return found.filter(({ kind }) => kind === 'active');
}

const first = sealModel({ items: ['a', 'b'], runId: 'run-1' });
const second = sealModel({ items: ['b', 'a'], runId: 'run-2' });

it('makes each candidate active under a higher generation, also after a restart, and none twice', async () => {
  let activation = await start();
  await announce(first);
  await vi.waitFor(() => expect(activation.active()).toMatchObject({ digest: first.digest, generation: 1 }));
  await activation.close();
  activation = await start();
  await announce(second);
  await vi.waitFor(() => expect(activation.active()).toMatchObject({ digest: second.digest, generation: 2 }));
  await activation.close();
  activation = await start();
  await vi.waitFor(() => expect(activation.active()).toMatchObject({ digest: second.digest, generation: 2 }));
  await activation.close();
  expect((await actives()).map(({ digest, generation }) => [digest, generation])).toEqual([
    [first.digest, 1],
    [second.digest, 2],
  ]);
});

it('leaves what is active alone when a candidate is signed by a stranger', async () => {
  const activation = await start();
  await announce(first);
  await vi.waitFor(() => expect(activation.active()).toBeDefined());
  await announce(sealModel({ items: ['x'], runId: 'run-3', privatePem: generateSigningKey().privatePem }));
  await announce(second);
  await vi.waitFor(() => expect(activation.active()).toMatchObject({ digest: second.digest, generation: 2 }));
  await activation.close();
  expect(await actives()).toHaveLength(2);
});

it('tries again after the broker or the model store was away', async () => {
  const away = new LikenessError('BrokerUnavailable', 'away', { retryable: true });
  const failing = await broker.producer();
  const sends = vi.fn(failing.send.bind(failing)).mockRejectedValueOnce(away);
  vi.spyOn(models, 'get').mockRejectedValueOnce(away);
  vi.spyOn(broker, 'producer').mockResolvedValueOnce({ send: sends, close: () => failing.close() });
  const activation = await start();
  await announce(first);
  await vi.waitFor(() => expect(activation.active()).toMatchObject({ digest: first.digest, generation: 1 }), 5000);
  await activation.close();
  expect(sends).toHaveBeenCalledTimes(2);
  expect(await actives()).toHaveLength(1);
});

it('judges one candidate after the other, also when one arrives while the first is being judged', async () => {
  await announce(first);
  const slow = await broker.producer();
  const begun = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  const send: typeof slow.send = async (...records) => {
    begun.resolve();
    await free.promise;
    return slow.send(...records);
  };
  vi.spyOn(broker, 'producer').mockResolvedValueOnce({ send, close: () => slow.close() });
  const activation = await start();
  await begun.promise;
  await announce(second);
  await new Promise((resolve) => setTimeout(resolve, 100));
  free.resolve();
  await vi.waitFor(() => expect(activation.active()).toMatchObject({ digest: second.digest }), 5000);
  await activation.close();
  expect((await actives()).map(({ generation }) => generation)).toEqual([1, 2]);
});
