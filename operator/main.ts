/** The process of the operator: environment, credentials of the cluster, signals. */
import { KubeConfig } from '@kubernetes/client-node';
import { runService } from '../services/shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { startOperator } from './kubernetes/operator.ts';

/** In a pod its account's; elsewhere what KUBECONFIG or ~/.kube/config says. */
function kubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

await runService({
  name: 'operator',
  env: process.env,
  parseConfig,
  start: (config, deps) => startOperator(config, { ...deps, kubeConfig }),
});
