/** The tests' own control plane behaves as a cluster does: it schedules, refuses, authorizes, and comes back. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAudit } from '../testbed/kubernetes/audit.ts';
import { startKubernetes } from '../testbed/kubernetes/cluster.ts';
import type { RunningKubernetes } from '../testbed/kubernetes/types.ts';
import * as manifests from './manifests.ts';

const root = join(import.meta.dirname, '../..');
let cluster: RunningKubernetes;

beforeAll(async () => {
  cluster = await startKubernetes();
});
afterAll(() => cluster?.stop());

const apply = (...objects: object[]) => cluster.kubectl(['apply', '-f', '-'], { input: manifests.list(objects) });
const get = async (...args: string[]) => JSON.parse(await cluster.kubectl(['get', ...args, '-o', 'json']));
const wait = (condition: string, object: string, namespace = 'default') =>
  cluster.kubectl(['wait', `--for=${condition}`, object, '-n', namespace, '--timeout=60s']);

describe('nodes', () => {
  it('makes a Deployment available', async () => {
    await apply(manifests.deployment('web', 3));
    await wait('condition=Available', 'deployment/web');
    expect((await get('deployment/web')).status.readyReplicas).toBe(3);
  });

  it('keeps an update with a missing image waiting while the old pods serve', async () => {
    await apply(manifests.deployment('web', 3, 'nowhere.invalid/nothing:missing'));
    const waiting = async () =>
      ((await get('pods', '-l', 'app=web')).items as manifests.Pod[])
        .flatMap(({ status }) => status.containerStatuses ?? [])
        .map(({ state }) => state.waiting?.reason ?? 'running');
    await expect.poll(waiting, { timeout: 30_000 }).toContain('ImagePullBackOff');
    expect((await get('deployment/web')).status.availableReplicas).toBe(3);
    await apply(manifests.deployment('web', 3));
    await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
  });

  it('binds a pod that asks for a GPU to a node that has one, and lets one too many wait', async () => {
    const pods = [0, 1, 2, 3, 4].map((index) => manifests.gpuPod(`gpu-${index}`, 'NVIDIA-H200'));
    await apply(...pods.slice(0, 4));
    for (const index of [0, 1, 2, 3]) await wait('condition=Ready', `pod/gpu-${index}`);
    await apply(pods[4]!);
    await wait('condition=PodScheduled=false', 'pod/gpu-4');
    const { items } = await get('pods', '-l', 'asks=gpu');
    expect(items.map((pod: manifests.Pod) => pod.spec.nodeName)).toEqual([
      'gpu-1',
      'gpu-1',
      'gpu-1',
      'gpu-1',
      undefined,
    ]);
    const waiting = items[4] as manifests.Pod;
    expect(waiting.status.phase).toBe('Pending');
    expect(waiting.status.conditions[0]?.message).toContain('Insufficient nvidia.com/gpu');
    await cluster.kubectl(['delete', 'pod', 'gpu-0']);
    await wait('condition=Ready', 'pod/gpu-4');
  });
});

describe('jobs', () => {
  it('completes a Job when its time is over', async () => {
    await apply(manifests.job('good', { 'testbed.likeness.dev/run-for': '1s' }));
    await wait('condition=Complete', 'job/good');
  });

  it('fails a Job with the exit code of its annotation, and applies the policy of that code', async () => {
    await apply(manifests.job('bad', { 'testbed.likeness.dev/run-for': '1s', 'testbed.likeness.dev/exit-code': '3' }));
    await wait('condition=Failed', 'job/bad');
    const { status } = await get('job/bad');
    const failed = status.conditions.find(({ type }: { type: string }) => type === 'Failed');
    expect(failed.reason).toBe('PodFailurePolicy');
    expect(failed.message).toContain('exit code 3');
    const [pod] = (await get('pods', '-l', 'job-name=bad')).items;
    expect(pod.status.containerStatuses[0].state.terminated.exitCode).toBe(3);
  });

  it('replaces an evicted pod of a Job without counting a failure', async () => {
    await apply(manifests.job('moved', { 'testbed.likeness.dev/run-for': '10m' }));
    const pods = () => get('pods', '-l', 'job-name=moved').then(({ items }) => items as manifests.Pod[]);
    await expect.poll(async () => (await pods())[0]?.status.phase, { timeout: 30_000 }).toBe('Running');
    const [first] = await pods();
    await cluster.kubectl(
      ['create', '--raw', `/api/v1/namespaces/default/pods/${first!.metadata.name}/eviction`, '-f', '-'],
      {
        input: JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: first!.metadata.name } }),
      },
    );
    const replacement = async () =>
      (await pods()).some(
        ({ metadata, status }) => metadata.name !== first!.metadata.name && status.phase === 'Running',
      );
    await expect.poll(replacement, { timeout: 30_000 }).toBe(true);
    expect((await get('job/moved')).status.failed ?? 0).toBe(0);
  });
});

describe('rules', () => {
  it('refuses a pod that breaks the restricted standard of its namespace', async () => {
    await apply(manifests.restrictedNamespace('strict'));
    const lax = manifests.pod('lax', 'strict');
    await expect(apply(lax)).rejects.toThrow(
      /violates PodSecurity "restricted:latest".*allowPrivilegeEscalation != false/s,
    );
    await apply(manifests.restrictedPod('proper', 'strict'));
    await wait('condition=Ready', 'pod/proper', 'strict');
  });

  it('lets a ServiceAccount do what its Role grants, refuses the rest, and logs both', async () => {
    await apply(...manifests.reader('reader'));
    const token = (await cluster.kubectl(['create', 'token', 'reader'])).trim();
    const kubeconfig = cluster.tokenKubeconfig(token);
    await cluster.kubectl(['get', 'configmaps'], { kubeconfig });
    await expect(cluster.kubectl(['create', 'configmap', 'mine'], { kubeconfig })).rejects.toThrow(
      'User "system:serviceaccount:default:reader" cannot create resource "configmaps"',
    );
    const mine = await readAudit(cluster.auditLog, ({ user }) => user === 'system:serviceaccount:default:reader');
    const asked = mine.filter(({ resource }) => resource === 'configmaps');
    expect(asked.map(({ verb, status, allowed }) => ({ verb, status, allowed }))).toEqual([
      { verb: 'list', status: 200, allowed: true },
      { verb: 'create', status: 403, allowed: false },
    ]);
  });

  it('knows nobody without a certificate or a token', async () => {
    const status = await new Promise((resolve, reject) => {
      const asking = request(`${cluster.url}/readyz`, { ca: cluster.ca }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asking.on('error', reject).end();
    });
    expect(status).toBe(401);
  });
});

describe('the custom resource', () => {
  it('accepts the CRD and the examples', async () => {
    await cluster.kubectl(['apply', '-f', join(root, 'crds/generated/profilepipeline.crd.yaml')]);
    await wait('condition=Established', 'crd/profilepipelines.likeness.dev');
    await cluster.kubectl(['apply', '-f', join(root, 'examples/shop.yaml')]);
    expect((await get('profilepipelines/shop')).spec.preset).toBe('shop/v1');
  });
});

describe('processes', () => {
  it('keeps address and data over a restart of the API server', async () => {
    const before = cluster.pids.apiServer;
    await cluster.kubectl(['create', 'configmap', 'kept']);
    await cluster.killApiServer();
    expect(cluster.pids.apiServer).toBe(0);
    await expect(cluster.kubectl(['get', 'configmap', 'kept'])).rejects.toThrow('refused');
    await cluster.startApiServer();
    expect(cluster.pids.apiServer).not.toBe(before);
    expect((await get('configmap/kept')).metadata.name).toBe('kept');
    await cluster.kubectl(['scale', 'deployment/web', '--replicas=4']);
    await wait('jsonpath={.status.readyReplicas}=4', 'deployment/web');
  });

  it('runs beside another one, and ends with a test process that is killed', async () => {
    const program = spawn(process.execPath, [join(import.meta.dirname, 'abandoned-cluster.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const { pids, folder } = JSON.parse(line.toString()) as { pids: number[]; folder: string };
    expect(pids.every(isAlive)).toBe(true);
    program.kill('SIGKILL');
    await expect.poll(() => pids.filter(isAlive), { timeout: 30_000 }).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
