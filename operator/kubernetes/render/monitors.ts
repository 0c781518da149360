/** Where Prometheus finds the metrics of a pipeline's pods. Pure. */
import { metadataOf, pipelineLabel } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** Samples bear it as `pipeline`, as those of the operator do; `namespace` and `pod` come of themselves. */
const pipelineName = {
  sourceLabels: [`__meta_kubernetes_pod_label_${pipelineLabel.replace(/[^a-zA-Z0-9_]/g, '_')}`],
  targetLabel: 'pipeline',
};

/** One PodMonitor for all stages, each pod a target of its own. */
export function renderMonitors(rendering: Rendering): KubernetesObject[] {
  if (!rendering.capabilities.monitors) return [];
  const { plan } = rendering;
  const stages = plan.workloads.filter(({ kind }) => kind === 'service').map(({ name }) => name);
  return [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: metadataOf(rendering, { name: plan.pipeline.name, component: 'metrics' }),
      spec: {
        selector: {
          matchLabels: { [pipelineLabel]: plan.pipeline.name },
          matchExpressions: [{ key: 'app.kubernetes.io/component', operator: 'In', values: stages }],
        },
        podMetricsEndpoints: [{ port: 'http', path: '/metrics', interval: '30s', relabelings: [pipelineName] }],
      },
    },
  ];
}
