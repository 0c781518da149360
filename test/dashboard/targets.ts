/** What Prometheus is told to scrape: the pods that the cluster has, each at the address of the process that stands for it. */
import { join } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../operator/kubernetes/runtime/resource.ts';
import type { Runner } from '../chaos/processes.ts';
import { chart, helmHome } from '../kubernetes/helm.ts';
import type { World } from '../kubernetes/operator/world.ts';
import { scrapeConfigs, type PodMonitor, type Target } from './scrape.ts';

/** The pipeline `shop` of this namespace is observed. */
export const namespace = 'observed';

/** As the two PodMonitors say: the one that the operator has made, and the one of the chart. */
export async function configOf(world: World, runners: readonly Runner[], operatorPort: number): Promise<object> {
  const made = await world.get<PodMonitor>('-n', namespace, 'podmonitor/shop');
  const { monitor, target } = await installedOperator(operatorPort);
  return {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(chart, 'rules/likeness.yaml')],
    scrape_configs: [...scrapeConfigs(made, await stagePods(world, runners)), ...scrapeConfigs(monitor, [target])],
  };
}

type Pod = KubeObject & { readonly spec: { readonly containers: readonly Container[] } };
interface Container {
  readonly name: string;
  readonly ports?: readonly { readonly name?: string }[];
}

async function stagePods(world: World, runners: readonly Runner[]): Promise<Target[]> {
  const { items } = await world.get<{ items: Pod[] }>('-n', namespace, 'pods', '-l', 'likeness.dev/pipeline=shop');
  return runners.map(({ stage, url }) => {
    const pod = items.find(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === stage);
    if (pod === undefined) throw new Error(`the operator has made no pod of ${stage}`);
    return targetOf(pod, pod.spec.containers[0]!, url);
  });
}

async function installedOperator(port: number): Promise<{ monitor: PodMonitor; target: Target }> {
  const home = helmHome();
  const args = ['template', 'likeness', chart, '-n', 'likeness-system', '--set', 'monitoring.podMonitor.enabled=true'];
  const objects = parseAllDocuments(await home.helm(...args)).map((document) => document.toJS() as KubeObject);
  home.remove();
  const monitor = objects.find(({ kind }) => kind === 'PodMonitor') as unknown as PodMonitor;
  const { metadata, spec } = objects.find(({ kind }) => kind === 'Deployment') as unknown as V1Deployment;
  const { template } = spec!;
  const { labels = {} } = template.metadata!;
  const pod = { metadata: { labels, namespace: metadata!.namespace!, name: `${metadata!.name}-0` } };
  const target = targetOf(pod, template.spec!.containers[0]!, `http://127.0.0.1:${port}`);
  return { monitor, target };
}

function targetOf(
  { metadata }: { readonly metadata: KubeObject['metadata'] },
  container: Container,
  url: string,
): Target {
  return {
    address: new URL(url).host,
    namespace: metadata.namespace!,
    pod: metadata.name,
    labels: metadata.labels ?? {},
    container: container.name,
    portName: container.ports![0]!.name!,
  };
}
