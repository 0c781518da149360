/** An operator over a real control plane, a real Kafka and a real Redis, and what tests ask of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { inject } from 'vitest';
import type { PipelineStatus } from '../../../crds/status.ts';
import { parseConfig } from '../../../operator/config.ts';
import { startOperator } from '../../../operator/kubernetes/operator.ts';
import type { KubeObject } from '../../../operator/kubernetes/runtime/resource.ts';
import type { Service } from '../../../services/shared/service.ts';
import { startKubernetes } from '../../testbed/kubernetes/cluster.ts';
import { installCrd } from '../../testbed/kubernetes/install-crd.ts';
import type { KubernetesOptions, RunningKubernetes } from '../../testbed/kubernetes/types.ts';
import { namespaceOf } from './restricted-namespace.ts';

const root = join(import.meta.dirname, '../../..');

export type Pipeline = KubeObject & { readonly spec: Record<string, unknown>; readonly status?: PipelineStatus };

export interface World {
  readonly cluster: RunningKubernetes;
  readonly fatal: unknown[];
  startOperator(env?: Readonly<Record<string, string>>): Promise<Service>;
  apply(...objects: object[]): Promise<string>;
  get<T = KubeObject>(...args: string[]): Promise<T>;
  /** A namespace that enforces the restricted standard, with a volume for the models of one pipeline. */
  namespace(name: string): Promise<void>;
  pipeline(namespace: string, name?: string): Promise<Pipeline>;
  /** `True Ready` */
  condition(namespace: string, type: string, name?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startWorld(options: KubernetesOptions = {}): Promise<World> {
  const cluster = await startKubernetes(options);
  await installCrd(cluster);
  const fatal: unknown[] = [];
  const running: Service[] = [];
  const apply = (...objects: object[]) =>
    cluster.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    });
  const get = async <T>(...args: string[]) => JSON.parse(await cluster.kubectl(['get', ...args, '-o', 'json'])) as T;
  const pipeline = (namespace: string, name = 'shop') => get<Pipeline>('-n', namespace, `profilepipelines/${name}`);
  return {
    cluster,
    fatal,
    apply,
    get,
    pipeline,
    startOperator: async (env = {}) => {
      const service = await operatorOf(cluster, { env, onFatal: (error) => void fatal.push(error) });
      running.push(service);
      return service;
    },
    namespace: async (name) => {
      await apply(...namespaceOf(name));
    },
    condition: async (namespace, type, name) => {
      const { status } = await pipeline(namespace, name);
      const found = status?.conditions?.find((condition) => condition.type === type);
      return `${found?.status} ${found?.reason}`;
    },
    stop: async () => {
      await Promise.all(running.map((service) => service.stop()));
      await cluster.stop();
    },
  };
}

async function operatorOf(
  cluster: RunningKubernetes,
  { env, onFatal }: { readonly env: Readonly<Record<string, string>>; readonly onFatal: (error: unknown) => void },
): Promise<Service> {
  const config = parseConfig({
    LIKENESS_IMAGE: 'likeness:test',
    LIKENESS_VERSION: '0.1.0',
    LIKENESS_LEASE_NAMESPACE: 'default',
    LIKENESS_IDENTITY: 'operator-test',
    LIKENESS_DEFAULTS: JSON.stringify(defaultsOf()),
    ...env,
  });
  const access = () => {
    const loaded = new KubeConfig();
    loaded.loadFromFile(cluster.kubeconfig);
    return loaded;
  };
  const telemetry = { logger: testLogger(), registry: new Registry() };
  return startOperator(config, { telemetry, clock: Date, onFatal, cluster: access });
}

function testLogger(): Logger {
  return pino({ level: process.env['LIKENESS_LOG_LEVEL'] ?? 'silent' });
}

/** The shared brokers of the tests: one node each. */
export const defaultsOf = () => ({
  kafka: { bootstrapServers: inject('kafka'), partitions: 2, replicationFactor: 1 },
  store: { redis: { url: inject('redis') } },
});

export const example = (name: string): string => readFileSync(join(root, 'examples', name), 'utf8');
