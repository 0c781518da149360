/** The process of the operator: environment, credentials of the cluster, signals. */
import { runService } from '../services/shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { startOperator } from './kubernetes/operator.ts';
import { findCluster } from './kubernetes/runtime/cluster-access.ts';

await runService({
  name: 'operator',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const {
      KUBECONFIG: kubeconfig,
      KUBERNETES_SERVICE_HOST: serviceHost,
      KUBERNETES_SERVICE_PORT: servicePort,
    } = process.env;
    return startOperator(config, { ...deps, cluster: await findCluster({ kubeconfig, serviceHost, servicePort }) });
  },
});
