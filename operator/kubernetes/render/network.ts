/** Who may speak with whom: nobody, but along the edges of the flow. Pure. */
import { isIP } from 'node:net';
import type { V1NetworkPolicyEgressRule, V1NetworkPolicyPeer, V1NetworkPolicyPort } from '@kubernetes/client-node';
import type { Workload } from '../../plan.ts';
import { ingestReportName, reportsTrials } from './access.ts';
import { type Address, kafkaAddresses, peerOf, urlAddress } from './addresses.ts';
import { httpPort } from './image-layout.ts';
import { modelBucketEnv } from './models-volume.ts';
import { childName, metadataOf, pipelineLabel, stageSelector } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** client-node's own type has `_from`, which no API server knows. */
interface IngressRule {
  readonly from: readonly V1NetworkPolicyPeer[];
  readonly ports: readonly V1NetworkPolicyPort[];
}

interface PolicySpec {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly IngressRule[];
  readonly egress?: readonly V1NetworkPolicyEgressRule[];
}

export function renderNetworkPolicies(rendering: Rendering): KubernetesObject[] {
  const { workloads } = rendering.plan;
  return [
    policy(rendering, 'deny', { podSelector: ownPods(rendering), policyTypes: ['Ingress', 'Egress'] }),
    policy(rendering, 'dns', {
      podSelector: ownPods(rendering),
      policyTypes: ['Egress'],
      egress: [dnsRule(rendering)],
    }),
    ...workloads.map((workload) => stagePolicy(rendering, workload)),
    ...reportPolicy(rendering),
  ];
}

const ownPods = ({ plan }: Rendering) => ({ matchLabels: { [pipelineLabel]: plan.pipeline.name } });

function policy(rendering: Rendering, component: string, spec: PolicySpec): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(rendering, { name: childName(rendering, component), component }),
    spec,
  };
}

const namespaceNamed = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});

/** Address of the DNS cache that many clusters run on each node. */
const nodeLocalDns = { ipBlock: { cidr: '169.254.20.10/32' } };

const dnsRule = ({ network }: Rendering): V1NetworkPolicyEgressRule => ({
  to: [namespaceNamed(network.dnsNamespace), nodeLocalDns],
  ports: (['UDP', 'TCP'] as const).flatMap((protocol) => [
    { protocol, port: 53 },
    // Where the servers themselves listen in OpenShift.
    { protocol, port: 5353 },
  ]),
});

function stagePolicy(rendering: Rendering, workload: Workload): KubernetesObject {
  return policy(rendering, workload.name, {
    podSelector: { matchLabels: stageSelector(rendering, workload.name) },
    policyTypes: ['Ingress', 'Egress'],
    ...unlessEmpty('ingress', ingressOf(rendering, workload)),
    ...unlessEmpty('egress', egressOf(rendering, workload)),
  });
}

/** The API server forgets an empty list, and each application would write it again. */
function unlessEmpty<Rule>(direction: 'ingress' | 'egress', rules: readonly Rule[]) {
  return rules.length > 0 ? { [direction]: rules } : {};
}

const tcp = (port: number | string): V1NetworkPolicyPort => ({ protocol: 'TCP', port });

/** Callers, and whoever reads metrics, come in by the same port. */
function ingressOf(rendering: Rendering, { name, kind }: Workload): IngressRule[] {
  if (kind === 'job') return [];
  const { callers, monitoringNamespace } = rendering.network;
  const isCalled = name === 'ingest' || name === 'serving';
  const from = [...(isCalled ? callers : []), namespaceNamed(monitoringNamespace)];
  return [{ from, ports: [tcp(httpPort)] }];
}

function egressOf(rendering: Rendering, { name, env, watches }: Workload): V1NetworkPolicyEgressRule[] {
  const { LIKENESS_KAFKA: kafka, LIKENESS_REDIS: redis } = env;
  const { LIKENESS_S3_ENDPOINT: s3 } = modelBucketEnv(rendering, name);
  const jwks = name === 'serving' ? rendering.spec.serving.authentication?.jwksUrl : undefined;
  const reports = name === 'trainer' || watches || (name === 'serving' && reportsTrials(rendering));
  return [
    ...(kafka === undefined ? [] : rulesTo(kafkaAddresses(kafka), brokersOf)),
    ...(redis === undefined ? [] : rulesTo([urlAddress(redis)], peerOf)),
    ...(s3 === undefined ? [] : rulesTo([urlAddress(s3)], peerOf)),
    ...(jwks === undefined ? [] : rulesTo([urlAddress(jwks)], peerOf)),
    ...(reports ? [apiServerRule] : []),
  ];
}

/** Apart from the stage's own, so that pods whose log is still to be drained keep it when the spec has none any more. */
function reportPolicy(rendering: Rendering): KubernetesObject[] {
  if (rendering.plan.workloads.every(({ storage }) => storage === undefined)) return [];
  const spec: PolicySpec = {
    podSelector: { matchLabels: stageSelector(rendering, 'ingest') },
    policyTypes: ['Egress'],
    egress: [apiServerRule],
  };
  const metadata = metadataOf(rendering, { name: ingestReportName(rendering), component: 'ingest' });
  return [{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec }];
}

/** For reports. No selector finds the API server, so only its usual ports are held. */
const apiServerRule: V1NetworkPolicyEgressRule = { ports: [tcp(443), tcp(6443)] };

/** The address of one broker leads to all of them: where it is a number, the others have other numbers. */
const brokersOf: typeof peerOf = (host) => (isIP(host) ? undefined : peerOf(host));

/** Each rule once; an address outside of the cluster opens its port to everywhere. */
function rulesTo(addresses: readonly Address[], find: typeof peerOf): V1NetworkPolicyEgressRule[] {
  const rules = addresses.map(({ host, port }) => {
    const peer = find(host);
    return { ...(peer && { to: [peer] }), ports: [tcp(port)] };
  });
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
