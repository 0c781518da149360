/** A real node on this machine: containerd, runc, CNI's bridge, kubelet, kube-proxy and CoreDNS, in namespaces of their own. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { kubernetesPrograms } from '../kubernetes/cache.ts';
import { issueCertificate, readIdentity } from '../kubernetes/certificates.ts';
import { startKubernetes } from '../kubernetes/cluster.ts';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { settled } from '../kubernetes/settle.ts';
import type { RunningKubernetes } from '../kubernetes/types.ts';
import { nodeParts } from './ensure-node.ts';
import { hold, type Holder } from './holder.ts';
import { freeNetwork, type NodeNetwork } from './network.ts';
import { nodeName, nodeSettings } from './settings.ts';

export interface NodeOptions {
  /** OCI archives that pods may use. */
  readonly images: readonly string[];
}

export interface RunningNode {
  readonly cluster: RunningKubernetes;
  readonly name: string;
  readonly network: NodeNetwork;
  /** The node's folder, at the same path within the node: for local volumes, and where its logs are. */
  readonly dir: string;
  /** Where device plugins have their sockets. */
  readonly devicePlugins: string;
  /** Runs a command in the node, as a person does who has logged in there. */
  inside(command: string, ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/**
 * A control plane and one node, Ready. This process reaches pods and Services at their addresses, and pods reach it at
 * `network.hostAddress`. Nothing in it reaches anything else.
 */
export async function startNode({ images }: NodeOptions): Promise<RunningNode> {
  const { coredns, pause } = nodeParts();
  if (!existsSync(pause)) throw new Error('The parts of a node are not there yet; run: node test/testbed/ensure.ts');
  const network = freeNetwork();
  const dir = mkdtempSync(join(tmpdir(), 'likeness-node-'));
  const cgroup = `likeness-node-${randomBytes(4).toString('hex')}`;
  writeSettings(dir, nodeSettings({ dir, cgroup, network }));
  const holder = await hold(dir, {
    ...addressesOf(network),
    DIR: dir,
    CGROUP: cgroup,
    NODE_NAME: nodeName,
    KUBE: kubernetesPrograms().kube,
    COREDNS: coredns,
    IMAGES: [pause, ...images].join(' '),
  });
  let cluster: RunningKubernetes | undefined;
  try {
    const { hostAddress: address, serviceRange, apiService } = network;
    cluster = await startKubernetes({ nodes: [], network: { address, serviceRange, apiService } });
    await introduce(dir, cluster, network);
    await joined(cluster, holder);
  } catch (error) {
    writeFileSync(join(dir, 'keep'), '');
    await holder.end();
    await cluster?.stop();
    throw error;
  }
  return running({ dir, network, holder, cluster });
}

function writeSettings(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
}

function addressesOf(network: NodeNetwork): Record<string, string> {
  return {
    LINK: network.link,
    HOST_IP: network.hostAddress,
    NODE_IP: network.nodeAddress,
    LINK_BITS: String(network.linkBits),
    POD_RANGE: network.podRange,
    SERVICE_RANGE: network.serviceRange,
  };
}

/** Gives the parts of the node what they know the API server by, and it them. */
async function introduce(dir: string, cluster: RunningKubernetes, { nodeAddress }: NodeNetwork): Promise<void> {
  const pki = dirname(cluster.caFile);
  const users = {
    kubelet: `/O=system:nodes/CN=system:node:${nodeName}`,
    'kube-proxy': '/CN=system:kube-proxy',
    coredns: '/O=system:masters/CN=system:coredns',
  };
  for (const [name, subject] of Object.entries(users)) {
    const names = `DNS:${nodeName},IP:${nodeAddress}`;
    await issueCertificate(pki, { name, authority: 'ca', subject, usage: 'clientAuth,serverAuth', names });
    writeKubeconfig(join(dir, `${name}.kubeconfig`), cluster, readIdentity(pki, name));
  }
  for (const file of ['ca.crt', 'kubelet.crt', 'kubelet.key']) copyFileSync(join(pki, file), join(dir, file));
  writeFileSync(join(dir, 'has-control-plane'), '');
}

async function joined(cluster: RunningKubernetes, holder: Holder): Promise<void> {
  const ended = new AbortController();
  const watch = async () => {
    while (!ended.signal.aborted) {
      holder.check();
      await sleep(200);
    }
  };
  const { admin, ca, url } = cluster;
  const ready = settled({ access: { ...admin, ca }, url }, 1).finally(() => ended.abort());
  await Promise.all([ready, watch()]);
}

interface Parts {
  readonly dir: string;
  readonly network: NodeNetwork;
  readonly holder: Holder;
  readonly cluster: RunningKubernetes;
}

function running({ dir, network, holder, cluster }: Parts): RunningNode {
  return {
    cluster,
    name: nodeName,
    network,
    dir,
    devicePlugins: join(dir, 'root/var/lib/kubelet/device-plugins'),
    inside: async (command, ...args) => {
      const enter = ['--target', String(holder.node), '--mount', '--net', '--pid', '--ipc', '--uts', '--', command];
      return (await promisify(execFile)('nsenter', [...enter, ...args], { maxBuffer: 2 ** 26 })).stdout;
    },
    stop: async () => {
      await holder.end();
      await cluster.stop();
    },
  };
}
