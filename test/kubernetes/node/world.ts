/** The product as a cluster runs it: the operator of the chart and its pipelines in real containers, on one real node. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { ensureImage } from '../../testbed/images.ts';
import { startKafka, type RunningKafka } from '../../testbed/kafka.ts';
import { type DevicePlugin, offerGpus } from '../../testbed/node/device-plugin.ts';
import { ensureNode } from '../../testbed/node/ensure-node.ts';
import { startNode, type RunningNode } from '../../testbed/node/node.ts';
import { startRedis, type RunningRedis } from '../../testbed/redis.ts';
import { chart, helmHome } from '../helm.ts';
import type { Pipeline } from '../operator/world.ts';
import { localVolume } from './local-volume.ts';

export const patience = { timeout: 300_000, interval: 250 };
export const gpus = 2;
const release = { name: 'likeness', namespace: 'likeness-system' };

export interface World {
  readonly node: RunningNode;
  readonly kafka: RunningKafka;
  /** Ids of the GPUs that containers were given. */
  readonly allocatedGpus: readonly string[];
  kubectl(...args: string[]): Promise<string>;
  apply(...objects: object[]): Promise<string>;
  get<T>(...args: string[]): Promise<T>;
  pipeline(namespace: string): Promise<Pipeline>;
  becomes(namespace: string, condition: string, wanted: string): Promise<void>;
  /** Those of one stage that are not about to go. */
  pods(namespace: string, stage: string): Promise<V1Pod[]>;
  /** Of a Service, as pods and this process reach it. */
  address(namespace: string, service: string): Promise<string>;
  /** What lies beside the hashes in a Secret of the operator's. */
  key(namespace: string, secret: string, entry: string): Promise<string>;
  /** A namespace that enforces the restricted standard, with a pipeline `shop` in it and the volumes that it claims. */
  createPipeline(namespace: string, spec: object, claims: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const say = (text: string) => console.log(`real pods: ${text}`);
  await ensureNode(say);
  const images = [await ensureImage('services', say), await ensureImage('trainer', say)];
  const node = await startNode({ images: images.map(({ archive }) => archive) });
  const { hostAddress } = node.network;
  const started: { stop(): unknown }[] = [node];
  try {
    const [kafka, redis] = await Promise.all([startKafka({ host: hostAddress }), redisAt(hostAddress)]);
    const plugin = await offerGpus(node.devicePlugins, gpus);
    started.unshift(kafka, redis, plugin);
    const world = worldOf({ node, kafka, plugin, redis });
    await install(world, redis);
    return world;
  } catch (error) {
    for (const part of started) await part.stop();
    throw error;
  }
}

/** Beside loopback, where the testbed asks whether it is there. */
const redisAt = (address: string) => startRedis({ args: ['--bind', '127.0.0.1', address, '--protected-mode', 'no'] });

interface Parts {
  readonly node: RunningNode;
  readonly kafka: RunningKafka;
  readonly redis: RunningRedis;
  readonly plugin: DevicePlugin;
}

function worldOf({ node, kafka, redis, plugin }: Parts): World {
  const { cluster } = node;
  const kubectl = (...args: string[]) => cluster.kubectl(args);
  const get = async <T>(...args: string[]) => JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T;
  const apply = (...items: object[]) =>
    cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  const pipeline = (namespace: string) => get<Pipeline>('-n', namespace, 'profilepipelines/shop');
  const condition = async (namespace: string, type: string) => {
    const found = (await pipeline(namespace)).status?.conditions?.find((each) => each.type === type);
    return `${found?.status} ${found?.reason}`;
  };
  return {
    node,
    kafka,
    allocatedGpus: plugin.allocated,
    kubectl,
    apply,
    get,
    pipeline,
    becomes: (namespace, type, wanted) => expect.poll(() => condition(namespace, type), patience).toBe(wanted),
    pods: async (namespace, stage) => {
      const selector = `app.kubernetes.io/component=${stage}`;
      const { items } = await get<{ items: V1Pod[] }>('-n', namespace, 'pods', '-l', selector);
      return items.filter(({ metadata }) => metadata!.deletionTimestamp === undefined);
    },
    address: async (namespace, service) => {
      const { spec } = await get<{ spec: { clusterIP: string } }>('-n', namespace, 'service', service);
      return `http://${spec.clusterIP}`;
    },
    key: async (namespace, secret, entry) => {
      const { data } = await get<{ data: Record<string, string> }>('-n', namespace, 'secret', secret);
      return Buffer.from(data[entry]!, 'base64').toString('utf8');
    },
    createPipeline: async (namespace, spec, claims) => {
      const enforced = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      const volumes = claims.map((claim) => localVolume(folderFor(node, namespace, claim), { namespace, claim }));
      await apply(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: enforced } },
        ...volumes,
        { apiVersion: 'likeness.dev/v1alpha1', kind: 'ProfilePipeline', metadata: { name: 'shop', namespace }, spec },
      );
    },
    stop: async () => {
      plugin.stop();
      await node.stop();
      await Promise.all([kafka.stop(), redis.stop()]);
    },
  };
}

/** As root's as a fresh disk is: that pods may write is up to the kubelet. */
function folderFor({ dir }: RunningNode, namespace: string, claim: string): string {
  const folder = join(dir, 'volumes', namespace, claim);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

/** The chart with its own images and no pod but the operator's two. */
async function install({ node, kafka }: World, redis: RunningRedis): Promise<void> {
  const { helm, remove } = helmHome(node.cluster.kubeconfig);
  const defaults = {
    kafka: { bootstrapServers: kafka.address, partitions: 2, replicationFactor: 1 },
    store: { redis: { url: `redis://${node.network.hostAddress}:${redis.port}` } },
  };
  const values = ['--set-json', `defaults=${JSON.stringify(defaults)}`];
  const { name, namespace } = release;
  try {
    await node.cluster.kubectl(['create', 'namespace', namespace]);
    const enforce = 'pod-security.kubernetes.io/enforce=restricted';
    await node.cluster.kubectl(['label', 'namespace', namespace, enforce]);
    await helm('install', name, chart, '-n', namespace, '--wait', '--timeout', '300s', ...values);
  } finally {
    remove();
  }
}
