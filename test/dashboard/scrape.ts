/** A PodMonitor → what the Prometheus operator makes of it, with targets of the test's instead of a cluster's pods. Pure. */

export interface PodMonitor {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly selector: {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly matchExpressions?: readonly {
        readonly key: string;
        readonly operator: string;
        readonly values: string[];
      }[];
    };
    readonly podTargetLabels?: readonly string[];
    readonly podMetricsEndpoints: readonly Endpoint[];
  };
}

interface Endpoint {
  readonly port: string;
  readonly path: string;
  readonly honorLabels?: boolean;
  readonly relabelings?: readonly { readonly sourceLabels: readonly string[]; readonly targetLabel: string }[];
}

/** A pod, and where its process really listens. */
export interface Target {
  readonly address: string;
  readonly namespace: string;
  readonly pod: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly container: string;
  readonly portName: string;
}

export function scrapeConfigs(monitor: PodMonitor, targets: readonly Target[]): object[] {
  return monitor.spec.podMetricsEndpoints.map((endpoint, index) => ({
    job_name: `podMonitor/${monitor.metadata.namespace}/${monitor.metadata.name}/${index}`,
    honor_labels: endpoint.honorLabels ?? false,
    metrics_path: endpoint.path,
    scrape_interval: '1s',
    static_configs: targets.map((target) => ({ targets: [target.address], labels: discovered(target) })),
    relabel_configs: relabelings(monitor, endpoint),
  }));
}

const sanitized = (label: string): string => label.replace(/[^a-zA-Z0-9_]/g, '_');
const podLabel = (label: string): string => `__meta_kubernetes_pod_label_${sanitized(label)}`;

/** What Prometheus' discovery of pods says of one. */
function discovered({ namespace, pod, labels, container, portName }: Target): Record<string, string> {
  return {
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_pod_name: pod,
    __meta_kubernetes_pod_container_name: container,
    __meta_kubernetes_pod_container_port_name: portName,
    ...Object.fromEntries(Object.entries(labels).map(([label, value]) => [podLabel(label), value])),
  };
}

function relabelings({ metadata, spec }: PodMonitor, { port, relabelings: further = [] }: Endpoint): object[] {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector;
  const keep = (label: string, regex: string) => ({ action: 'keep', source_labels: [label], regex });
  const copy = (source: string, target: string) => ({ source_labels: [source], target_label: target });
  return [
    ...Object.entries(matchLabels).map(([label, value]) => keep(podLabel(label), value)),
    ...matchExpressions.map(({ key, values }) => keep(podLabel(key), values.join('|'))),
    keep('__meta_kubernetes_pod_container_port_name', port),
    copy('__meta_kubernetes_namespace', 'namespace'),
    copy('__meta_kubernetes_pod_container_name', 'container'),
    copy('__meta_kubernetes_pod_name', 'pod'),
    { target_label: 'job', replacement: `${metadata.namespace}/${metadata.name}` },
    { target_label: 'endpoint', replacement: port },
    ...(spec.podTargetLabels ?? []).map((label) => copy(podLabel(label), sanitized(label))),
    ...further.map(({ sourceLabels, targetLabel }) => ({ source_labels: sourceLabels, target_label: targetLabel })),
  ];
}
