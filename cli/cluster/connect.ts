/** Which cluster a command speaks with, by the rules of kubectl: --kubeconfig, else KUBECONFIG, else ~/.kube/config. */
import { KubeConfig } from '@kubernetes/client-node';
import { Registry } from 'prom-client';
import { Api } from '../../operator/kubernetes/runtime/api.ts';
import { createRuntimeMetrics } from '../../operator/kubernetes/runtime/metrics.ts';
import { systemTiming } from '../../operator/kubernetes/runtime/timing.ts';
import { KubeTransport } from '../../operator/kubernetes/runtime/transport.ts';
import { describeError, LikenessError } from '../../services/shared/errors.ts';
import { clusterProblem } from './problem.ts';

export interface ClusterOptions {
  /** Default: the context's, else `default`. */
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  /** Of this release, for the user agent. */
  readonly version: string;
}

export interface Cluster {
  readonly api: Api;
  /** Where pipelines are looked for. */
  readonly namespace: string;
  /** Whether somebody asked for it, by an option or in the context. */
  readonly namespaceGiven: boolean;
}

/** The writes of a dry run are the operator's: what it owns and no longer wants would go. */
const fieldManager = 'likeness-operator';

/** Rejects with LikenessError `Usage` for a kubeconfig or a context that is not there, and see `clusterProblem`. */
export async function withCluster<T>(options: ClusterOptions, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const config = readKubeConfig(options);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || isMadeUp(config))
    throw new LikenessError(
      'Usage',
      'No cluster is named: there is no ~/.kube/config. Set KUBECONFIG, or name a file with --kubeconfig.',
    );
  const context = config.getContextObject(config.getCurrentContext());
  const userAgent = `likeness-cli/${options.version}`;
  const transport = new KubeTransport({ load: () => config, userAgent, timing: systemTiming });
  const metrics = createRuntimeMetrics(new Registry());
  const api = new Api({ transport, timing: systemTiming, metrics, fieldManager });
  const given = options.namespace ?? context?.namespace;
  try {
    return await work({ api, namespace: given ?? 'default', namespaceGiven: given !== undefined });
  } catch (error) {
    throw clusterProblem(error, { server, context: config.getCurrentContext() });
  } finally {
    transport.close();
  }
}

/** Where client-node finds nothing it makes up a cluster on http://localhost:8080, which nobody has asked for. */
function isMadeUp(config: KubeConfig): boolean {
  return (
    config.getCurrentContext() === 'loaded-context' && config.getCurrentCluster()?.server === 'http://localhost:8080'
  );
}

function readKubeConfig({ kubeconfig, context }: ClusterOptions): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new LikenessError('Usage', `The kubeconfig cannot be read: ${describeError(error)}`, { cause: error });
  }
  if (context === undefined) return config;
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context))
    throw new LikenessError('Usage', `There is no context ${context}; there are: ${known.join(', ') || 'none'}.`);
  config.setCurrentContext(context);
  return config;
}
