/** One control plane for all cases, with a Kafka and a Redis; each case has a namespace and an operator of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { startKubernetes } from '../../testbed/kubernetes/cluster.ts';
import type { RunningKubernetes } from '../../testbed/kubernetes/types.ts';
import { clusterClient, type ClusterClient } from './cluster-client.ts';

export interface OperatorBed {
  readonly cluster: RunningKubernetes;
  readonly client: ClusterClient;
  readonly kafka: Kafka;
  readonly admin: Admin;
  /** LIKENESS_DEFAULTS. */
  readonly defaults: object;
  /** Of logs. */
  readonly folder: string;
  stop(): Promise<void>;
}

export interface Brokers {
  /** Bootstrap servers. */
  readonly kafka: string;
  /** URL. */
  readonly redis: string;
}

const definition = join(import.meta.dirname, '../../../crds/generated/profilepipeline.crd.yaml');

export async function startOperatorBed({ kafka, redis }: Brokers): Promise<OperatorBed> {
  const cluster = await startKubernetes({ jobsRunFor: '0.5s' });
  const client = clusterClient(cluster);
  await cluster.kubectl(['apply', '-f', definition]);
  while (!(await client.get('/apis/likeness.dev/v1alpha1/profilepipelines'))) await sleep(100);
  const connection = new Kafka({ brokers: [kafka], logLevel: logLevel.NOTHING });
  const admin = connection.admin();
  await admin.connect();
  const folder = mkdtempSync(join(tmpdir(), 'likeness-chaos-operator-'));
  return {
    cluster,
    client,
    kafka: connection,
    admin,
    folder,
    defaults: {
      kafka: { bootstrapServers: kafka, partitions: 1, replicationFactor: 1 },
      store: { redis: { url: redis } },
    },
    stop: async () => {
      await admin.disconnect();
      client.close();
      await cluster.stop();
      rmSync(join(folder, 'compile-cache'), { recursive: true, force: true });
    },
  };
}
