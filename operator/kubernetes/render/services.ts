/** The addresses of a pipeline: where events go in and where recommendations come out. Pure. */
import type { V1ServiceSpec } from '@kubernetes/client-node';
import { childName, metadataOf, stageSelector } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';
import { headlessName } from './workloads.ts';

/** What callers write: http://NAME-ingest.NAMESPACE.svc. */
const port = { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' };

export function renderServices(rendering: Rendering): KubernetesObject[] {
  const callable = (['ingest', 'serving'] as const).map((stage) =>
    serviceOf(rendering, stage, { name: childName(rendering, stage), spec: { type: 'ClusterIP' } }),
  );
  const keepsLog = rendering.plan.workloads.some(({ storage }) => storage !== undefined);
  return keepsLog ? [...callable, headless(rendering)] : callable;
}

/** Gives each pod of the StatefulSet a name, and names it before it is ready. */
function headless(rendering: Rendering): KubernetesObject {
  const spec = { clusterIP: 'None', publishNotReadyAddresses: true };
  return serviceOf(rendering, 'ingest', { name: headlessName(rendering), spec });
}

function serviceOf(
  rendering: Rendering,
  stage: 'ingest' | 'serving',
  { name, spec }: { readonly name: string; readonly spec: Partial<V1ServiceSpec> },
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(rendering, { name, component: stage }),
    spec: { ...spec, selector: stageSelector(rendering, stage), ports: [port] } satisfies V1ServiceSpec,
  };
}
