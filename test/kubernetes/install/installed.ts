/** A control plane with the chart installed, and the operator as a process with the rights that the chart gives it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1Deployment } from '@kubernetes/client-node';
import { freePort } from '../../../operator/local/free-port.ts';
import { readAudit, type AuditedRequest } from '../../testbed/kubernetes/audit.ts';
import { startKubernetes } from '../../testbed/kubernetes/cluster.ts';
import type { KubernetesOptions, RunningKubernetes } from '../../testbed/kubernetes/types.ts';
import { OwnedProcess } from '../../testbed/owned-process.ts';
import { chart, helmHome, type HelmHome } from '../helm.ts';
import { namespaceOf } from '../operator/restricted-namespace.ts';
import { defaultsOf, type Pipeline } from '../operator/world.ts';
import { foreignDefinitions } from './leftovers.ts';

const root = join(import.meta.dirname, '../../..');
export const release = { name: 'likeness', namespace: 'likeness-system' };
const account = 'likeness-operator';
export const accountUser = `system:serviceaccount:${release.namespace}:${account}`;

interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly problem: string;
}

export interface Installed {
  readonly cluster: RunningKubernetes;
  readonly home: HelmHome;
  apply(...objects: object[]): Promise<string>;
  get<T>(...args: string[]): Promise<T>;
  pipeline(namespace: string, name?: string): Promise<Pipeline>;
  /** `True Ready` */
  condition(namespace: string, type: string, name?: string): Promise<string>;
  /** What the operator's account asked, by whichever process. */
  requests(): Promise<AuditedRequest[]>;
  /** Ends the one before. */
  startOperator(): Promise<void>;
  /** The `likeness` command. */
  likeness(...args: string[]): Promise<CommandResult>;
  stop(): Promise<void>;
}

/** Values that the shared brokers of the tests need. */
export const values = (): string[] => ['--set-json', `defaults=${JSON.stringify(defaultsOf())}`];

export async function install(options: KubernetesOptions = {}): Promise<Installed> {
  const cluster = await startKubernetes(options);
  const home = helmHome(cluster.kubeconfig);
  let operator: OwnedProcess | undefined;
  const apply = (...objects: object[]) =>
    cluster.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    });
  const get = async <T>(...args: string[]) => JSON.parse(await cluster.kubectl(['get', ...args, '-o', 'json'])) as T;
  const pipeline = (namespace: string, name = 'shop') => get<Pipeline>('-n', namespace, `profilepipelines/${name}`);
  await apply(...foreignDefinitions(), namespaceOf(release.namespace)[0]!);
  // Where the API is alone, pods are waited for in vain.
  const wait = options.parts === 'api' ? [] : ['--wait'];
  await home.helm('install', release.name, chart, '-n', release.namespace, ...wait, ...values());
  return {
    cluster,
    home,
    apply,
    get,
    pipeline,
    condition: async (namespace, type, name) => {
      const found = (await pipeline(namespace, name)).status?.conditions?.find((condition) => condition.type === type);
      return `${found?.status} ${found?.reason}`;
    },
    requests: () => readAudit(cluster.auditLog, ({ user }) => user === accountUser),
    startOperator: async () => {
      await operator?.stop();
      operator = await operatorOf(
        cluster,
        home,
        await get<V1Deployment>('-n', release.namespace, 'deployment', account),
      );
      await operator.start();
    },
    likeness: (...args) => likeness(cluster.kubeconfig, args),
    stop: async () => {
      await operator?.stop();
      await cluster.stop();
      home.remove();
    },
  };
}

/** Nobody runs images here, so the test runs the container's command: its arguments, its environment, its account. */
async function operatorOf(
  cluster: RunningKubernetes,
  { folder }: HelmHome,
  deployment: V1Deployment,
): Promise<OwnedProcess> {
  const token = await cluster.kubectl(['create', 'token', account, '-n', release.namespace]);
  const container = deployment.spec!.template.spec!.containers[0]!;
  const fields: Readonly<Record<string, string>> = {
    'metadata.namespace': release.namespace,
    'metadata.name': `${account}-0`,
  };
  const port = await freePort();
  const environment = {
    ...Object.fromEntries(
      (container.env ?? []).map(({ name, value, valueFrom }) => [
        name,
        value ?? fields[valueFrom!.fieldRef!.fieldPath],
      ]),
    ),
    KUBECONFIG: cluster.tokenKubeconfig(token.trim()),
    LIKENESS_HOST: '127.0.0.1',
    LIKENESS_PORT: String(port),
  };
  const script = join(root, 'operator/main.ts');
  const flags = container.args!.filter((argument) => argument.startsWith('--'));
  const ready = `http://127.0.0.1:${port}${container.readinessProbe!.httpGet!.path}`;
  return new OwnedProcess({
    name: 'operator',
    command: 'env',
    args: [
      '-i',
      ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      process.execPath,
      ...flags,
      script,
    ],
    logFile: join(folder, 'operator.log'),
    isReady: async () => (await fetch(ready).catch(() => undefined))?.status === 200,
  });
}

async function likeness(kubeconfig: string, args: readonly string[]): Promise<CommandResult> {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const command = ['--disable-warning=ExperimentalWarning', join(root, 'cli/main.ts'), ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { env });
    return { code: 0, out: stdout, problem: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, problem: stderr };
  }
}
