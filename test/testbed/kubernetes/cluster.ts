/** A real control plane on loopback: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok's nodes. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnedProcess } from '../owned-process.ts';
import { kubernetesPrograms } from './cache.ts';
import { issueCertificates, readIdentity } from './certificates.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { runKubectl } from './kubectl.ts';
import { writeKwokConfig } from './kwok-config.ts';
import { freePorts, type Layout, type Ports } from './layout.ts';
import { defaultNodes } from './nodes.ts';
import * as parts from './parts.ts';
import { createNodes, settled } from './settle.ts';
import type { ClusterNetwork, FakeNode, KubernetesOptions, RunningKubernetes } from './types.ts';

type Processes = Readonly<Record<'etcd' | 'apiServer' | 'controllerManager' | 'scheduler' | 'kwok', OwnedProcess>>;

/**
 * Ready in 10 to 25 seconds: the API answers, and unless it is the API alone, all nodes are Ready and the namespace
 * `default` has its ServiceAccount. If the start fails, the folder with the logs stays.
 */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<RunningKubernetes> {
  const { kube, kwok } = kubernetesPrograms();
  const { nodes = defaultNodes, network = parts.loopbackNetwork } = options;
  const isThere = existsSync(kube) && (existsSync(kwok) || options.parts === 'api');
  if (!isThere) throw new Error('The control plane is not there yet; run: node test/testbed/ensure.ts');
  const layout = await layOut(network);
  const kwokConfig = writeKwokConfig(layout.dir, options.jobsRunFor === undefined ? '1s' : options.jobsRunFor);
  const processes: Processes = {
    etcd: parts.etcd(layout),
    apiServer: parts.apiServer(layout, options.apiServerArgs ?? []),
    controllerManager: parts.controllerManager(layout),
    scheduler: parts.scheduler(layout),
    kwok: parts.kwok(layout, kwokConfig),
  };
  try {
    await Promise.all([processes.etcd.start(), processes.apiServer.start()]);
    if (options.parts !== 'api') await startTheRest(layout, processes, nodes);
  } catch (error) {
    await killAll(processes);
    throw error;
  }
  return running(layout, processes);
}

async function layOut(network: ClusterNetwork): Promise<Layout> {
  const dir = mkdtempSync(join(tmpdir(), 'likeness-kubernetes-'));
  const pki = join(dir, 'pki');
  await issueCertificates(pki, [network.address, network.apiService]);
  const ports = await freePorts();
  const ca = readFileSync(join(pki, 'ca.crt'), 'utf8');
  const kubeconfig = (user: string) => join(dir, `${user}.kubeconfig`);
  const url = urlOf(network, ports);
  for (const user of ['admin', 'controller-manager', 'scheduler', 'kwok'])
    writeKubeconfig(kubeconfig(user), { url, ca }, readIdentity(pki, user));
  return {
    dir,
    pki,
    ports,
    network,
    kubeconfig,
    auditLog: join(dir, 'audit.log'),
    access: { ca, ...readIdentity(pki, 'admin') },
  };
}

async function startTheRest(layout: Layout, processes: Processes, nodes: readonly FakeNode[]): Promise<void> {
  const { controllerManager, scheduler, kwok } = processes;
  const api = { access: layout.access, url: urlOf(layout.network, layout.ports) };
  await Promise.all([controllerManager.start(), scheduler.start(), kwok.start(), createNodes(api, nodes)]);
  await settled(api, nodes.length);
}

function running(layout: Layout, processes: Processes): RunningKubernetes {
  const { dir, pki, ports, network, kubeconfig, auditLog, access } = layout;
  const { apiServer } = processes;
  const url = urlOf(network, ports);
  const cacheDir = join(dir, 'kubectl-cache');
  return {
    url,
    kubeconfig: kubeconfig('admin'),
    caFile: join(pki, 'ca.crt'),
    ca: access.ca,
    admin: readIdentity(pki, 'admin'),
    auditLog,
    get pids() {
      return {
        etcd: processes.etcd.pid,
        apiServer: apiServer.pid,
        controllerManager: processes.controllerManager.pid,
        scheduler: processes.scheduler.pid,
        kwok: processes.kwok.pid,
      };
    },
    kubectl: (args, options = {}) =>
      runKubectl(args, { kubeconfig: options.kubeconfig ?? kubeconfig('admin'), cacheDir, input: options.input }),
    tokenKubeconfig: (token) => {
      const path = kubeconfig(`token-${randomBytes(4).toString('hex')}`);
      writeKubeconfig(path, { url, ca: access.ca }, { token });
      return path;
    },
    stopApiServer: () => apiServer.stop(),
    killApiServer: () => apiServer.kill(),
    startApiServer: () => apiServer.start(),
    restartApiServer: async () => {
      await apiServer.kill();
      await apiServer.start();
    },
    stop: async () => {
      await killAll(processes);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Nothing of it is kept, so nothing needs to end in order. */
async function killAll(processes: Processes): Promise<void> {
  await Promise.all(Object.values(processes).map((part) => part.kill()));
}

function urlOf({ address }: ClusterNetwork, { apiServer }: Ports): string {
  return `https://${address}:${apiServer}`;
}
