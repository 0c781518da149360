/** Who may speak with whom. */
import type { V1NetworkPolicyEgressRule, V1NetworkPolicyPeer } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { rendered, specOf } from '../../../test/golden/examples.ts';
import type { KubernetesObject, RenderOptions } from './rendering.ts';

interface Policy {
  readonly ingress?: readonly { readonly from: readonly V1NetworkPolicyPeer[] }[];
  readonly egress?: readonly V1NetworkPolicyEgressRule[];
}

const pipeline = (spec: string) =>
  specOf(`apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: shop}\nspec: ${spec}\n`);

function policiesOf(spec: string, changes: Partial<RenderOptions> = {}): ReadonlyMap<string, Policy> {
  const policies = rendered(pipeline(spec), 'shop', changes).objects.filter(({ kind }) => kind === 'NetworkPolicy');
  return new Map(policies.map((policy: KubernetesObject) => [policy.metadata.name, policy['spec'] as Policy]));
}

/** `namespace:port`, `*` for any. */
function edges(rules: readonly V1NetworkPolicyEgressRule[] = []): string[] {
  return rules.flatMap(({ to, ports = [] }) =>
    (to ?? [undefined]).flatMap((peer) => ports.map(({ port }) => `${nameOf(peer)}:${String(port)}`)),
  );
}

function nameOf(peer: V1NetworkPolicyPeer | undefined): string {
  if (peer === undefined) return '*';
  if (peer.ipBlock) return peer.ipBlock.cidr;
  return peer.namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] ?? (peer.podSelector ? 'own' : 'cluster');
}

describe('the network of a pipeline', () => {
  it.each([
    ['http://minio.storage.svc:9000', 'storage:9000'],
    ['https://s3.eu-central-1.amazonaws.com', '*:443'],
  ])('leads to the bucket at %s from those who read or write models', (endpoint, edge) => {
    const s3 = `{bucket: models, endpoint: "${endpoint}", secretRef: {name: keys}}`;
    const policies = policiesOf(`{kafka: {bootstrapServers: "kafka.k.svc:1"}, modelStore: {s3: ${s3}}}`);
    const out = (stage: string) => edges(policies.get(`shop-${stage}`)!.egress);
    expect(out('serving')).toEqual(['k:1', 'own:6379', edge, '*:443', '*:6443']);
    for (const stage of ['trainer', 'feature']) expect(out(stage)).toContain(edge);
    for (const stage of ['ingest', 'cleaner']) expect(out(stage)).not.toContain(edge);
  });

  it('is closed but for the edges of the flow', () => {
    const policies = policiesOf(`{
      kafka: {bootstrapServers: "a.kafka.svc:9093,b.kafka.svc.cluster.local:9093"}, store: {redis: {url: "redis://redis"}},
      serving: {authentication: {jwksUrl: "https://login.example.com/keys", issuer: i, audience: a}}}`);
    const out = Object.fromEntries([...policies].map(([name, { egress }]) => [name, edges(egress)]));
    expect(out).toEqual({
      'shop-deny': [],
      'shop-dns': ['kube-system', '169.254.20.10/32'].flatMap((to) => [53, 5353, 53, 5353].map((at) => `${to}:${at}`)),
      'shop-ingest': ['kafka:9093'],
      'shop-cleaner': ['kafka:9093'],
      'shop-feature': ['kafka:9093', 'own:6379', '*:443', '*:6443'],
      'shop-serving': ['kafka:9093', 'own:6379', '*:443', '*:443', '*:6443'],
      'shop-trainer': ['kafka:9093', '*:443', '*:6443'],
      'shop-gate': ['kafka:9093'],
    });
    const into = Object.fromEntries(
      [...policies].map(([name, { ingress = [] }]) => [name, ingress.flatMap(({ from }) => from.map(nameOf))]),
    );
    expect(into).toEqual({
      'shop-deny': [],
      'shop-dns': [],
      'shop-ingest': ['cluster', 'monitoring'],
      'shop-cleaner': ['monitoring'],
      'shop-feature': ['monitoring'],
      'shop-serving': ['cluster', 'monitoring'],
      'shop-trainer': [],
      'shop-gate': [],
    });
  });

  it('leads the archive to Kafka and to the bucket, and nobody but who reads metrics to it', () => {
    const s3 = '{bucket: models, endpoint: "http://minio.storage.svc:9000", secretRef: {name: keys}}';
    const policies = policiesOf(`{kafka: {bootstrapServers: "k.kafka.svc:1"}, archive: {}, modelStore: {s3: ${s3}}}`);
    const { egress, ingress = [] } = policies.get('shop-archive')!;
    expect(edges(egress)).toEqual(['kafka:1', 'storage:9000']);
    expect(ingress.flatMap(({ from }) => from.map(nameOf))).toEqual(['monitoring']);
    expect(policiesOf('{}').has('shop-archive')).toBe(false);
  });

  it('leads to an address where the spec has one, but to every broker of Kafka', () => {
    const policies = policiesOf(`{
      kafka: {bootstrapServers: "10.0.0.1:9092"}, store: {redis: {url: "rediss://[fd00::1]:6380"}},
      serving: {authentication: {jwksUrl: "http://10.0.0.9/keys", issuer: i, audience: a}}}`);
    expect(edges(policies.get('shop-serving')!.egress)).toEqual([
      '*:9092',
      'fd00::1/128:6380',
      '10.0.0.9/32:80',
      '*:443',
      '*:6443',
    ]);
  });

  it('lets in whom the operator is told to', () => {
    const callers = [{ podSelector: { matchLabels: { role: 'shop' } } }];
    const policies = policiesOf('{}', { network: { callers, monitoringNamespace: 'metrics' } });
    expect(policies.get('shop-ingest')!.ingress![0]!.from).toEqual([
      ...callers,
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'metrics' } } },
    ]);
  });
});
