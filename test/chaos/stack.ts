/** The pipeline under test: plan, topics, processes, keys, and the harness's own connections beside them. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { processInstances } from '../../operator/local/environment.ts';
import { ensureKeys } from '../../operator/local/keys.ts';
import { planPipeline, type Plan, type StageName } from '../../operator/plan.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { connectProfileStore } from '../../services/shared/adapters/connect-profile-store.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { ItemAttributes } from '../../services/shared/event.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';
import { freePort } from '../../operator/local/free-port.ts';
import type { Bed } from './bed.ts';
import { chaosSpec } from './pipeline.ts';
import { createRunner, untilReady, type Entry, type Runner } from './processes.ts';

/** Stages whose processes run another entry than their main.ts. */
export type Mutations = Partial<Readonly<Record<StageName, Entry>>>;

export interface StackOptions {
  readonly name: string;
  readonly folder: string;
  readonly sessionTimeoutMs: number;
  readonly mutations?: Mutations;
}

export interface Stack {
  readonly spec: PipelineSpec;
  readonly plan: Plan;
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly runners: readonly Runner[];
  /** In plain text. */
  readonly keys: { readonly write: string; readonly import: string };
  readonly crashRedis: Bed['crashRedis'];
  urlOf(stage: StageName): string;
  urlsOf(stage: StageName): string[];
  /** Resolves when the cleaners know them. */
  publishItems(items: ReadonlyMap<string, ItemAttributes>): Promise<void>;
  /** Resolves when profiles can be read. */
  untilServing(): Promise<void>;
  ends(): Record<string, readonly string[]>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions, bed: Bed): Promise<Stack> {
  const spec = chaosSpec(bed);
  const plan = planPipeline({ namespace: 'chaos', name: options.name, epoch: 1, spec });
  const broker = await connectBroker({ kafka: bed.kafka, clientId: 'chaos' });
  const store = await connectProfileStore({ redis: bed.redis });
  await broker.createTopics(plan.topics);
  const keys = { write: `write-${options.name}`, import: `import-${options.name}` };
  const runners = await createRunners(options, plan, keys);
  for (const runner of runners) runner.start();
  const stop = async (): Promise<void> => {
    await Promise.all(runners.map((runner) => runner.stop()));
    await Promise.all([broker.close(), store.close()]);
  };
  try {
    await Promise.all(runners.map((runner) => untilReady(runner)));
  } catch (error) {
    await stop();
    throw error;
  }
  const urlsOf = (stage: StageName) => runners.filter((runner) => runner.stage === stage).map(({ url }) => url);
  const urlOf = (stage: StageName) => urlsOf(stage)[0]!;
  return {
    spec,
    plan,
    broker,
    store,
    runners,
    keys,
    urlOf,
    urlsOf,
    stop,
    crashRedis: bed.crashRedis,
    publishItems: (items) =>
      publishItems(items, { ingest: urlOf('ingest'), cleaner: urlOf('cleaner'), key: keys.write }),
    untilServing: () => untilReady(runners.find(({ stage }) => stage === 'serving')!),
    ends: () => Object.fromEntries(runners.map(({ name, ends }) => [name, ends])),
  };
}

async function createRunners(
  { folder, sessionTimeoutMs, mutations }: StackOptions,
  plan: Plan,
  keys: Stack['keys'],
): Promise<Runner[]> {
  const writeKeysFile = join(folder, 'write-keys.json');
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true });
  writeFileSync(writeKeysFile, JSON.stringify([keyEntry('write', keys.write), keyEntry('import', keys.import)]));
  const settings = { dataDir: folder, host: '127.0.0.1', port: 0, logLevel: 'info' };
  const runners: Runner[] = [];
  for (const instance of processInstances(plan, settings, { ...ensureKeys(folder), writeKeysFile })) {
    // A port of its own that stays: a process that comes back must be found where it was.
    const [port, timeout] = [String(await freePort()), String(sessionTimeoutMs)];
    const env = { ...instance.env, LIKENESS_PORT: port, LIKENESS_SESSION_TIMEOUT_MS: timeout };
    runners.push(createRunner({ ...instance, env }, logs, mutations?.[instance.stage]));
  }
  return runners;
}

function keyEntry(scope: 'write' | 'import', key: string) {
  return { name: scope, sha256: createHash('sha256').update(key).digest('hex'), scopes: [scope] };
}

async function publishItems(
  items: ReadonlyMap<string, ItemAttributes>,
  { ingest, cleaner, key }: { ingest: string; cleaner: string; key: string },
): Promise<void> {
  const all = [...items].map(([itemId, item]) => ({ itemId, version: 1, ...item }));
  const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  for (let start = 0; start < all.length; start += 300) {
    const response = await fetch(`${ingest}/v1/items`, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(all.slice(start, start + 300)),
    });
    if (!response.ok) throw new Error(`PUT items: ${response.status} ${await response.text()}`);
  }
  for (let patience = 200; patience > 0; patience--, await sleep(100)) {
    const metrics = await fetch(`${cleaner}/metrics`).then((response) => response.text());
    const known = /^likeness_catalogue_items(?:\{[^}]*\})? (\d+)$/m.exec(metrics)?.[1];
    if (Number(known) === items.size) return;
  }
  throw new Error('the cleaner does not know the catalogue');
}
