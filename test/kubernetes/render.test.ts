/** What is rendered is taken by a real API server: every field is known, every pod is admitted, and nothing drifts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { V1PodSpec } from '@kubernetes/client-node';
import { renderTrainingJob } from '../../operator/kubernetes/render/training-job.ts';
import type { KubernetesObject } from '../../operator/kubernetes/render/rendering.ts';
import { exampleNames, exampleSpec, rendered } from '../golden/examples.ts';
import { startKubernetes } from '../testbed/kubernetes/cluster.ts';
import type { RunningKubernetes } from '../testbed/kubernetes/types.ts';
import * as manifests from './manifests.ts';

let cluster: RunningKubernetes;

beforeAll(async () => {
  cluster = await startKubernetes({ parts: 'api' });
  await cluster.kubectl(['label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce=restricted']);
});
afterAll(() => cluster?.stop());

/** Every field must be one that the API server knows. */
const apply = (objects: readonly object[], ...more: string[]) =>
  cluster.kubectl(
    ['apply', '--server-side', '--validate=strict', '--field-manager=likeness-operator', ...more, '-f', '-'],
    { input: manifests.list(objects) },
  );

/** Kinds of other operators are not installed here. */
const isBuiltIn = ({ apiVersion }: KubernetesObject): boolean => !/keda|coreos|strimzi/.test(apiVersion);

function objectsOf(name: string): KubernetesObject[] {
  const { plan, options, objects } = rendered(exampleSpec(name), name);
  const run = { name: `${name}-train-0a1b2c3d`, runId: 'run-1', trigger: 'Initial', memory: '{}' } as const;
  return [...objects.filter(isBuiltIn), renderTrainingJob(plan, run, options)];
}

const refOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`;

async function versionsOf(objects: readonly KubernetesObject[]): Promise<string[]> {
  const found = JSON.parse(await cluster.kubectl(['get', ...objects.map(refOf), '-o', 'json'])) as {
    items: KubernetesObject[];
  };
  return found.items.map((object) => `${refOf(object)} ${object.metadata.resourceVersion}`);
}

/** As it is sent: the client's own types are classes, which this is none of. */
interface Template {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: { readonly [Field in keyof V1PodSpec]: V1PodSpec[Field] };
}

const templatesOf = (objects: readonly KubernetesObject[]) =>
  objects.flatMap((object) => {
    const { template } = (object['spec'] ?? {}) as { template?: Template };
    return template === undefined ? [] : [{ name: object.metadata.name, template }];
  });

/** Classes that a spec names are the cluster's to have. */
function classesOf({ priorityClassName, runtimeClassName }: Template['spec']): object[] {
  const priority = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', value: 1 };
  const runtime = { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', handler: 'runc' };
  return [
    ...(priorityClassName ? [{ ...priority, metadata: { name: priorityClassName } }] : []),
    ...(runtimeClassName ? [{ ...runtime, metadata: { name: runtimeClassName } }] : []),
  ];
}

/** The volumes that a StatefulSet would add from its claim templates. */
function podOf({ name, template }: { name: string; template: Template }): object {
  const { volumes = [], containers } = template.spec;
  const known = new Set(volumes.map((volume) => volume.name));
  const missing = containers[0]!.volumeMounts!.filter((mount) => !known.has(mount.name));
  const claims = missing.map((mount) => ({ name: mount.name, persistentVolumeClaim: { claimName: mount.name } }));
  const spec = { ...template.spec, volumes: [...volumes, ...claims] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: `try-${name}` }, spec };
}

describe.each(exampleNames)('the objects of examples/%s.yaml', (name) => {
  const objects = objectsOf(name);

  it('are all taken, to the last field, and written no more once they are there', async () => {
    await apply(objects);
    // The API server itself stores a volume claim anew at the second application, and then no more.
    await apply(objects);
    const versions = await versionsOf(objects);
    expect(versions).toHaveLength(objects.length);
    await apply(objects);
    expect(await versionsOf(objects)).toEqual(versions);
  });

  it('are kept as they were sent', async () => {
    const found = JSON.parse(await cluster.kubectl(['get', ...objects.map(refOf), '-o', 'json'])) as {
      items: object[];
    };
    expect(found.items).toMatchObject(objects.map((object) => JSON.parse(JSON.stringify(object)) as object));
  });

  it('have pods that a restricted namespace admits', async () => {
    const templates = templatesOf(objects);
    // The four services and the trainer; one of the examples has an archive.
    expect(templates).toHaveLength(name === 'full' ? 6 : 5);
    const classes = templates.flatMap(({ template }) => classesOf(template.spec));
    if (classes.length > 0) await apply(classes);
    await expect(apply(templates.map(podOf), '--dry-run=server')).resolves.toContain('serverside-applied');
  });
});

it('a restricted namespace would refuse a pod that is less', async () => {
  const [first] = templatesOf(objectsOf('shop'));
  const { securityContext: _, ...spec } = first!.template.spec;
  const pod = podOf({ name: 'less', template: { ...first!.template, spec } });
  await expect(apply([pod], '--dry-run=server')).rejects.toThrow(/violates PodSecurity "restricted/);
});
