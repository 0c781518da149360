/** The cluster that the operator and the bare loop work in: a control plane, kwok's nodes, namespaces, volumes. */
import { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Api } from '../../operator/kubernetes/runtime/api.ts';
import { Informer } from '../../operator/kubernetes/runtime/informer.ts';
import { createRuntimeMetrics } from '../../operator/kubernetes/runtime/metrics.ts';
import type { KubeObject, Resource } from '../../operator/kubernetes/runtime/resource.ts';
import { systemTiming as timing } from '../../operator/kubernetes/runtime/timing.ts';
import { KubeTransport } from '../../operator/kubernetes/runtime/transport.ts';
import { startKubernetes } from '../../test/testbed/kubernetes/cluster.ts';
import { installCrd } from '../../test/testbed/kubernetes/install-crd.ts';
import type { RunningKubernetes } from '../../test/testbed/kubernetes/types.ts';

export interface BenchCluster extends RunningKubernetes {
  readonly api: Api;
  /** A cache of all objects of a kind, which is kept up to date; call `start` and `stop`. */
  watch<T extends KubeObject>(resource: Resource, labelSelector?: string): Informer<T>;
  /** Of an account with every right. */
  adminToken(): Promise<string>;
  stop(): Promise<void>;
}

const podsPerNode = 1000;
const account = 'operator';

/** With nodes for `pods` pods. */
export async function startBenchCluster(pods: number): Promise<BenchCluster> {
  const nodes = Array.from({ length: Math.max(3, Math.ceil(pods / podsPerNode)) }, (_, index) => ({
    name: `cpu-${index}`,
    cpu: '4000',
    memory: '16Ti',
  }));
  const cluster = await startKubernetes({ nodes });
  await installCrd(cluster);
  const metrics = createRuntimeMetrics(new Registry());
  const access = () => {
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    return config;
  };
  const transport = new KubeTransport({ load: access, userAgent: 'likeness-bench', timing });
  const api = new Api({ transport, timing, metrics, fieldManager: 'likeness-bench' });
  const shared = { api, timing, metrics, logger: pino({ level: 'error' }) };
  return Object.assign(Object.create(cluster) as RunningKubernetes, {
    api,
    watch: <T extends KubeObject>(resource: Resource, labelSelector?: string) =>
      new Informer<T>({ ...shared, resource, ...(labelSelector && { labelSelector }) }),
    adminToken: () => adminToken(cluster),
    stop: async () => {
      transport.close();
      await cluster.stop();
    },
  });
}

async function adminToken(cluster: RunningKubernetes): Promise<string> {
  await cluster.kubectl(['create', 'serviceaccount', account]);
  const binding = ['create', 'clusterrolebinding', account, '--clusterrole=cluster-admin'];
  await cluster.kubectl([...binding, `--serviceaccount=default:${account}`]);
  return (await cluster.kubectl(['create', 'token', account, '--duration=24h'])).trim();
}

/** Gives every item to `work`, `atOnce` at a time. */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
