/** The objects of every example, and what holds for the objects of any pipeline. */
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { watchesModels } from '../../../crds/drift.ts';
import type { V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import { exampleNames, exampleSpec, rendered, specOf } from '../../../test/golden/examples.ts';
import { renderPipeline } from './render.ts';
import type { KubernetesObject } from './rendering.ts';
import { restrictedViolations } from './restricted-standard.ts';
import { renderGateJob } from './gate-job.ts';
import { renderTrainingJob } from './training-job.ts';

const longName = `a${'-long-name'.repeat(3)}-of-forty`;
const closed = specOf(`apiVersion: likeness.dev/v1alpha1
kind: ProfilePipeline
metadata: {name: closed}
spec:
  kafka: {bootstrapServers: "kafka:9092", topics: KafkaTopic, strimziCluster: main}
  modelStore: {persistentVolumeClaim: {claimName: given}}
  training: {gpu: {count: 0}}
  stages: [{name: feature, autoscaling: {mode: KEDA, maxReplicas: 30}}]
  serving: {autoscaling: {minReplicas: 2, maxReplicas: 9}}
`);

function allObjects(spec: PipelineSpec, name: string): KubernetesObject[] {
  const { plan, options, objects } = rendered(spec, name);
  const run = { name: `${name}-train-0a1b2c3d`, runId: 'run-1', trigger: 'Initial', memory: '{}' } as const;
  const request = { model: 'next-item', runId: 'run-1', digest: 'd', against: null };
  return [...objects, renderTrainingJob(plan, run, options), renderGateJob(plan, request, options)];
}

const pipelines = [...exampleNames.map((name) => [name, exampleSpec(name)] as const), ['closed', closed] as const];

function templateOf(object: KubernetesObject): V1PodTemplateSpec | undefined {
  return (object['spec'] as { template?: V1PodTemplateSpec } | undefined)?.template;
}

const podTemplates = (objects: readonly KubernetesObject[]) => objects.flatMap((object) => templateOf(object) ?? []);
const ofKind = (objects: readonly KubernetesObject[], kind: string) => objects.filter((object) => object.kind === kind);
const idOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.name}`;

describe('the objects', () => {
  it.each(exampleNames)('of examples/%s.yaml are the golden ones', async (name) => {
    const text = allObjects(exampleSpec(name), name)
      .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n');
    await expect(text).toMatchFileSnapshot(`../../../test/golden/manifests-${name}.yaml`);
  });

  it.each(pipelines)('of %s are plain JSON, and the same each time', (name, spec) => {
    const objects = allObjects(spec, name);
    expect(JSON.parse(JSON.stringify(objects))).toStrictEqual(objects);
    expect(allObjects(structuredClone(spec), name)).toStrictEqual(objects);
  });

  it.each(pipelines)('of %s have names of their own, their labels and one owner', (name, spec) => {
    const objects = allObjects(spec, name);
    expect(new Set(objects.map(idOf)).size).toBe(objects.length);
    for (const { metadata } of objects) {
      expect(metadata).toMatchObject({ namespace: 'default', labels: { 'likeness.dev/pipeline': name } });
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'ProfilePipeline', name, controller: true }]);
    }
  });

  it('have names and labels that Kubernetes takes, whatever the length of the pipeline’s', () => {
    expect(longName).toHaveLength(40);
    for (const [, spec] of pipelines)
      for (const { kind, metadata } of allObjects(spec, longName)) {
        if (kind !== 'KafkaTopic') expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
        for (const value of Object.values(metadata.labels ?? {}))
          expect(value).toMatch(/^[a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?$/);
      }
  });

  it('of a pipeline without an owner have none', () => {
    for (const { metadata } of rendered(closed, 'closed', { uid: undefined }).objects)
      expect(metadata).not.toHaveProperty('ownerReferences');
  });

  it('are not made where only one machine could run them', () => {
    const { kafka: _kafka, store: _store, ...embedded } = closed;
    const { plan, options } = rendered(closed);
    expect(() => renderPipeline(plan, { ...options, spec: embedded })).toThrow(
      /^spec\.kafka and spec\.store are missing: in a cluster a pipeline needs/,
    );
  });
});

it('with a bucket of models there is no volume of them, and both ends find its keys as files', () => {
  const objects = allObjects(exampleSpec('shop-s3'), 'shop-s3');
  expect(ofKind(objects, 'PersistentVolumeClaim')).toEqual([]);
  const withKeys = podTemplates(objects).filter((template) => JSON.stringify(template).includes('shop-models'));
  const stages = withKeys.map(({ metadata }) => metadata!.labels!['app.kubernetes.io/component']);
  expect(new Set(stages)).toEqual(new Set(['serving', 'feature', 'trainer', 'gate']));
  for (const template of withKeys) expect(JSON.stringify(template)).not.toContain('persistentVolumeClaim');
});

describe('every pod', () => {
  it.each(pipelines)('of %s is admitted by the restricted standard', (name, spec) => {
    const templates = podTemplates(allObjects(spec, name));
    // Four services, the archive, a training and its gate.
    expect(templates).toHaveLength(spec.archive ? 7 : 6);
    for (const template of templates) expect(restrictedViolations(template)).toEqual([]);
  });

  it.each(pipelines)('of %s writes only to its volumes, and holds no token unless it reports', (name, spec) => {
    for (const { metadata, spec: pod } of podTemplates(allObjects(spec, name))) {
      expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(pod!.containers[0]!.securityContext?.readOnlyRootFilesystem).toBe(true);
      const stage = metadata!.labels!['app.kubernetes.io/component'];
      const reports =
        stage === 'trainer' ||
        (stage === 'serving' && spec.models.length > 0) ||
        (stage === 'ingest' && spec.ingest.log !== undefined) ||
        (stage === 'feature' && watchesModels(spec));
      expect(JSON.stringify(pod).includes('serviceAccountToken')).toBe(reports);
    }
  });

  it.each(pipelines)('of %s finds what it names among the objects or in the spec', (name, spec) => {
    const objects = allObjects(spec, name);
    const { plan } = rendered(spec, name);
    const { store } = plan.models;
    const secrets = new Set(plan.workloads.flatMap((workload) => workload.secrets.map(({ secret }) => secret)));
    const known = new Set([
      ...objects.map(idOf),
      ...[...secrets].map((secret) => `Secret ${secret}`),
      ...('own' in store && !store.own ? [`PersistentVolumeClaim ${store.claimName}`] : []),
      // Kubernetes itself puts it into each namespace.
      'ConfigMap kube-root-ca.crt',
    ]);
    for (const { spec: pod } of podTemplates(objects))
      for (const reference of referencesOf(pod!)) expect(known).toContain(reference);
  });

  it.each(pipelines)('of %s mounts each of its volumes, and has a volume for each mount', (name, spec) => {
    for (const object of allObjects(spec, name)) {
      const pod = templateOf(object)?.spec;
      if (pod === undefined) continue;
      const claims = (object['spec'] as { volumeClaimTemplates?: { metadata: { name: string } }[] })
        .volumeClaimTemplates;
      const volumes = [...(pod.volumes ?? []), ...(claims ?? []).map(({ metadata }) => metadata)].map((it) => it.name);
      const mounts = pod.containers[0]!.volumeMounts!.map((mount) => mount.name);
      expect(volumes.toSorted()).toEqual(mounts.toSorted());
    }
  });

  it('has no secret in its environment', () => {
    for (const template of podTemplates(allObjects(exampleSpec('full'), 'full')))
      expect(JSON.stringify(template)).not.toContain('secretKeyRef');
  });
});

/** What must exist before the pod can start. */
function referencesOf(pod: V1PodSpec): string[] {
  const volumes = (pod.volumes ?? []).flatMap(({ projected, persistentVolumeClaim: claim, secret, configMap }) => [
    ...(projected?.sources ?? []).flatMap((source) => [
      ...(source.secret ? [`Secret ${source.secret.name}`] : []),
      ...(source.configMap ? [`ConfigMap ${source.configMap.name}`] : []),
    ]),
    ...(claim ? [`PersistentVolumeClaim ${claim.claimName}`] : []),
    ...(secret ? [`Secret ${secret.secretName}`] : []),
    ...(configMap ? [`ConfigMap ${configMap.name}`] : []),
  ]);
  const environments = pod.containers.flatMap(({ envFrom = [] }) =>
    envFrom.flatMap(({ configMapRef }) => (configMapRef ? [`ConfigMap ${configMapRef.name}`] : [])),
  );
  return [`ServiceAccount ${pod.serviceAccountName}`, ...volumes, ...environments];
}

describe('a selector', () => {
  it.each(pipelines)('of a Service of %s matches one stage, whose pods have the port', (name, spec) => {
    const objects = allObjects(spec, name);
    const services = ofKind(objects, 'Service');
    expect(services.length).toBeGreaterThanOrEqual(2);
    for (const service of services) {
      const { selector, ports } = service['spec'] as {
        selector: Record<string, string>;
        ports: { targetPort: string }[];
      };
      const matching = podTemplates(objects).filter(({ metadata }) => isWithin(selector, metadata!.labels!));
      expect(matching).toHaveLength(1);
      const open = matching[0]!.spec!.containers[0]!.ports!.map((port) => port.name);
      for (const { targetPort } of ports) expect(open).toContain(targetPort);
    }
  });

  it.each(pipelines)('of a workload, budget or policy of %s matches its own pods', (name, spec) => {
    const objects = allObjects(spec, name);
    const templates = podTemplates(objects);
    for (const object of objects) {
      const { selector, podSelector } = (object['spec'] ?? {}) as Record<
        string,
        { matchLabels: Record<string, string> }
      >;
      const labels = (selector ?? podSelector)?.matchLabels;
      if (labels === undefined) continue;
      const matching = templates.filter(({ metadata }) => isWithin(labels, metadata!.labels!));
      const forAll = ['deny', 'dns', 'metrics'].includes(object.metadata.labels!['app.kubernetes.io/component']!);
      expect([idOf(object), matching.length]).toEqual([idOf(object), forAll ? templates.length : 1]);
    }
  });
});

const isWithin = (part: Readonly<Record<string, string>>, whole: Readonly<Record<string, string>>): boolean =>
  Object.entries(part).every(([key, value]) => whole[key] === value);

describe('a change', () => {
  const shop = exampleSpec('shop');
  const before = new Map(allObjects(shop, 'shop').map((object) => [idOf(object), JSON.stringify(object)]));
  const changed = (spec: PipelineSpec): string[] => {
    const objects = allObjects(spec, 'shop').filter((object) => before.get(idOf(object)) !== JSON.stringify(object));
    return objects.map(idOf).filter((id) => !id.startsWith('ConfigMap shop-spec-'));
  };
  const hashless = (ids: string[]): string[] => ids.map((id) => id.replace(/-[0-9a-f]{8}$/, ''));

  it('of nothing changes nothing', () => {
    expect(changed({ ...shop })).toEqual([]);
  });

  it('of one feature concerns only feature, serving and the next training', () => {
    const features = shop.features.map((feature, index) =>
      index === 0 ? { ...feature, count: { events: ['view'], window: '24h', pane: '1h' } } : feature,
    );
    expect(hashless(changed({ ...shop, features }))).toEqual([
      'ConfigMap shop-serving',
      'ConfigMap shop-feature',
      'Deployment shop-serving',
      'Deployment shop-feature',
      'Job shop-train',
      expect.stringMatching(/^Job shop-gate/),
    ]);
  });

  it.each<[string, PipelineSpec, string[]]>([
    [
      'limits',
      { ...shop, ingest: { limits: { pendingEvents: 5 } } },
      ['ConfigMap shop-ingest', 'Deployment shop-ingest'],
    ],
    [
      'late events',
      { ...shop, cleaning: { ...shop.cleaning, late: { grace: '2h' } } },
      ['ConfigMap shop-cleaner', 'Deployment shop-cleaner', 'Job shop-train', expect.stringMatching(/^Job shop-gate/)],
    ],
    ['replicas', { ...shop, serving: { ...shop.serving, replicas: 5 } }, ['Deployment shop-serving']],
    ['minEvents', { ...shop, training: { ...shop.training, minEvents: 10 } }, ['Job shop-train']],
  ])('of %s concerns only who reads it', (_, spec, expected) => {
    expect(hashless(changed(spec))).toEqual(expected);
  });

  it('of the version alone restarts nobody', () => {
    const pods = (version: string) => podTemplates(rendered(shop, 'shop', { version }).objects);
    expect(pods('9.9.9')).toStrictEqual(pods('0.1.0'));
  });
});

describe('the number of pods', () => {
  const replicas = (spec: PipelineSpec) =>
    rendered(spec, 'closed')
      .objects.filter((object) => templateOf(object) !== undefined)
      .map((object) => `${idOf(object)} ${(object['spec'] as { replicas?: number }).replicas}`);

  it('is left to the autoscaler where there is one', () => {
    expect(replicas(closed)).toEqual([
      'Deployment closed-serving undefined',
      'Deployment closed-feature undefined',
      'Deployment closed-cleaner 1',
      'Deployment closed-ingest 1',
    ]);
  });

  it('is none while the pipeline is suspended, and no autoscaler brings them back', () => {
    const suspended = { ...closed, suspend: true };
    expect(replicas(suspended).map((line) => line.split(' ')[2])).toEqual(['0', '0', '0', '0']);
    const kinds = new Set(rendered(suspended, 'closed').objects.map(({ kind }) => kind));
    for (const kind of ['HorizontalPodAutoscaler', 'ScaledObject']) expect(kinds).not.toContain(kind);
    for (const kind of ['Service', 'KafkaTopic', 'ConfigMap']) expect(kinds).toContain(kind);
  });
});

describe('what outlives the pipeline', () => {
  it('has no owner: with deletionPolicy Retain the models and the topics', () => {
    const owned = (spec: PipelineSpec) =>
      rendered(spec, 'closed')
        .objects.filter(({ kind }) => kind === 'KafkaTopic' || kind === 'PersistentVolumeClaim')
        .map(({ kind, metadata }) => `${kind} ${metadata.ownerReferences?.length ?? 0}`);
    const ownModels: PipelineSpec = { ...closed, modelStore: { trustedKeys: [] } };
    expect(new Set(owned({ ...ownModels, deletionPolicy: 'Delete' }))).toEqual(
      new Set(['PersistentVolumeClaim 1', 'KafkaTopic 1']),
    );
    expect(new Set(owned({ ...ownModels, deletionPolicy: 'Retain' }))).toEqual(
      new Set(['PersistentVolumeClaim 0', 'KafkaTopic 0']),
    );
  });
});
