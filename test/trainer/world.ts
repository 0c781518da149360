/** For tests of whole runs: a log of two partitions, a model store and a signing key, in a folder of their own. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { DirectoryModelStore } from '../../services/shared/adapters/directory-model-store.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import type { CleanEvent } from '../../services/shared/event.ts';
import { invertHere } from '../../services/shared/learning/ease.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { packLines } from '../../services/shared/record.ts';
import { streams } from '../../services/shared/streams.ts';

export const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));

const pair = generateSigningKey();
export const signingKey = createPrivateKey(pair.privatePem);
export const trusted = [createPublicKey(pair.publicPem)];

export const shopSpec = {
  features: [{ name: 'history', sequence: { events: ['view', 'purchase'], length: 50 } }],
  models: [{ name: 'next-item', recommend: { history: 'history', target: ['purchase'] } }],
  training: { minEvents: 100 },
};

/** Of a trainer whose spec is changed so. */
export const trainerEnv = (changes: object = {}): Record<string, string> => ({
  LIKENESS_PIPELINE: 'shop',
  LIKENESS_PARTITIONS: '2',
  LIKENESS_TOPICS: JSON.stringify(topics),
  LIKENESS_RUN_ID: 'run-1',
  LIKENESS_SIGNING_KEY: '/keys/signing.pem',
  LIKENESS_SPEC: JSON.stringify({ ...shopSpec, ...changes }),
});

/** A purchase. */
export function purchaseAt(time: number, [id, profile, itemId]: readonly [string, string, string]): CleanEvent {
  const text = new Date(time).toISOString();
  const times = { time: text, ingestedAt: text, receivedAt: text };
  return { id, type: 'purchase', userId: profile, profile, itemId, ...times };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

export async function openWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-trainer-'));
  const broker = await openEmbeddedBroker(join(folder, 'log'));
  await broker.createTopics([
    { name: topics['events-clean']!, partitions: 2 },
    { name: topics['models']!, partitions: 1, compacted: true },
  ]);
  const models = new DirectoryModelStore(join(folder, 'models'));
  const telemetry = { logger: pino({ level: 'silent' }), registry: new Registry() };

  /** A profile's partition is that of its number, so that both hold something; a line that is no event is in the first. */
  async function write(events: readonly (CleanEvent | string)[]): Promise<void> {
    const lines: string[][] = [[], []];
    for (const one of events)
      if (typeof one === 'string') lines[0]!.push(one);
      else lines[Number(/\d+/.exec(one.profile)?.[0] ?? 0) % 2]!.push(JSON.stringify(one));
    const records = lines.flatMap((list, partition) => packLines(list).map((value) => ({ partition, value })));
    const producer = await broker.producer();
    await producer.send(topics['events-clean']!, records);
    await producer.close();
  }

  async function close(): Promise<void> {
    await broker.close();
    await rm(folder, { recursive: true });
  }

  return { folder, broker, models, signingKey, inverter: invertHere, clock: Date, telemetry, write, close };
}
