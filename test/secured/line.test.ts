/** The whole line behind locked doors: every process has a user of its own in Kafka and Redis, and its rights alone. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { effectiveSpec } from '../../crds/effective.ts';
import { specSchema } from '../../crds/pipeline.ts';
import { runToEnd } from '../../operator/local/children.ts';
import { instanceEnv, processInstances, workloadOf } from '../../operator/local/environment.ts';
import { freePort } from '../../operator/local/free-port.ts';
import { ensureKeys } from '../../operator/local/keys.ts';
import { planPipeline, type StageName } from '../../operator/plan.ts';
import { connectTopicAdmin } from '../../services/shared/adapters/kafka-topic-admin.ts';
import { createTelemetry } from '../../services/shared/adapters/telemetry.ts';
import { createRunner, untilReady, type Runner } from '../chaos/processes.ts';
import { startRedis, type RunningRedis } from '../testbed/redis.ts';
import { redisRules, type User } from './rights.ts';
import { startSecuredWorld, type SecuredWorld } from './world.ts';

const pipeline = { namespace: 'shop', name: 'line', epoch: 1 };
const patience = { timeout: 60_000, interval: 100 };

let world: SecuredWorld;
let redis: RunningRedis;
const runners: Runner[] = [];

beforeAll(async () => {
  world = await startSecuredWorld(pipeline);
  redis = await startRedis({ args: await lockRedis(world) });
});
afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await redis.stop();
  await world.stop();
});

let redisPort = 0;

async function lockRedis({ authority }: SecuredWorld): Promise<string[]> {
  redisPort = await freePort();
  const files = [
    '--tls-cert-file',
    authority.cert,
    '--tls-key-file',
    authority.key,
    '--tls-ca-cert-file',
    authority.ca,
  ];
  return ['--tls-port', String(redisPort), '--tls-auth-clients', 'no', ...files];
}

async function addRedisUsers(): Promise<void> {
  const admin = new Redis(redis.url);
  for (const user of ['feature', 'serving'] as const) {
    const rules = ['reset', 'on', `>${user}-secret`, ...redisRules(user, pipeline)];
    await admin.call('ACL', 'SETUSER', user, ...rules);
  }
  admin.disconnect();
}

function planOf() {
  const kafka = {
    bootstrapServers: world.kafka.address,
    partitions: 2,
    replicationFactor: 1,
    tls: { caSecretRef: { name: 'ca' } },
    authentication: { type: 'ScramSha256', secretRef: { name: 'user' } },
  };
  const store = { redis: { url: `rediss://127.0.0.1:${redisPort}`, tls: { caSecretRef: { name: 'ca' } } } };
  const spec = effectiveSpec(specSchema.parse({ kafka, store, preset: 'shop/v1', ingest: { log: {} }, archive: {} }));
  return planPipeline({ ...pipeline, spec });
}

/** What a cluster mounts: the same files at the same keys. */
function secretsOf(user: User): Record<string, string> {
  const kafka = { LIKENESS_KAFKA_CA: world.authority.ca, LIKENESS_KAFKA_CREDENTIALS: world.credentialsOf(user) };
  if (user !== 'feature' && user !== 'serving') return kafka;
  return { ...kafka, LIKENESS_REDIS_CA: world.authority.ca, LIKENESS_REDIS_CREDENTIALS: world.credentialsOf(user) };
}

const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex');

function writeKeys(folder: string): string {
  const file = join(folder, 'keys.json');
  const entry = (name: string, scope: string) => ({ name, sha256: sha256(`${name}-key`), scopes: [scope] });
  writeFileSync(file, JSON.stringify([entry('app', 'write'), entry('shop', 'read')]));
  return file;
}

it('an event that ingest takes is read in a profile, and the trainer reads it too', async () => {
  const plan = planOf();
  await addRedisUsers();
  const operator = await connectTopicAdmin({ ...world.connectionOf('operator'), clientId: 'operator' });
  await operator.ensure(plan.topics);
  await operator.close();
  const keysFile = writeKeys(world.folder);
  const logs = join(world.folder, 'logs');
  mkdirSync(logs);
  const settings = { dataDir: world.folder, host: '127.0.0.1', port: 0, logLevel: 'info' };
  const keys = { ...ensureKeys(world.folder), writeKeysFile: keysFile };
  for (const instance of processInstances(plan, settings, keys)) {
    const own = {
      LIKENESS_PORT: String(await freePort()),
      LIKENESS_OPEN: 'false',
      LIKENESS_READ_KEYS: keysFile,
      LIKENESS_ARCHIVE_AGE_MS: '500',
    };
    const env = { ...instance.env, ...own, ...secretsOf(instance.stage) };
    runners.push(createRunner({ ...instance, env }, logs));
  }
  for (const runner of runners) runner.start();
  await Promise.all(runners.map((runner) => untilReady(runner)));

  const urlOf = (stage: StageName) => runners.find((runner) => runner.stage === stage)!.url;
  const time = new Date().toISOString();
  const events = [1, 2, 3].map((n) => ({ id: `e-${n}`, type: 'view', userId: 'u-1', itemId: `i-${n}`, time }));
  const send = (key: string) =>
    fetch(`${urlOf('ingest')}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(events),
    });
  expect((await send('shop-key')).status).toBe(401);
  expect((await send('app-key')).status).toBe(202);
  const read = (key: string) =>
    fetch(`${urlOf('serving')}/v1/profiles/u-1`, { headers: { authorization: `Bearer ${key}` } });
  await expect.poll(async () => (await read('shop-key')).status, patience).toBe(200);
  await expect.poll(async () => JSON.stringify(await (await read('shop-key')).json()), patience).toContain('i-3');
  expect((await read('app-key')).status).toBe(403);

  const segments = join(world.folder, 'models', 'archive', 'shop.line', 'events-clean.e1');
  await expect.poll(() => existsSync(segments) && readdirSync(segments).length, patience).toBeGreaterThan(0);

  const trainer = instanceEnv(workloadOf(plan, 'trainer'), settings, keys);
  const env = { ...trainer, ...secretsOf('trainer'), LIKENESS_RUN_ID: 'run-1' };
  const logFile = join(logs, 'trainer.log');
  const { logger } = createTelemetry('test', 'silent');
  await runToEnd({ name: 'run-1', service: 'trainer', env, logFile, logger }, new AbortController().signal);
  // Too few of them: but it has read them, by its own user.
  expect(readFileSync(logFile, 'utf8')).toMatch(/events read.+"BadData"/s);
  for (const runner of runners) expect(runner.ends).toEqual([]);

  // No process has written a secret into its log.
  for (const { name } of [...runners, { name: 'trainer' }])
    expect(readFileSync(join(logs, `${name}.log`), 'utf8')).not.toMatch(/-secret|app-key|shop-key/);
});
