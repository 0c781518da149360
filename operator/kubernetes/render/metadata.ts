/** Names, labels and owners of what a pipeline has in a cluster. Pure. */
import type { StageName } from '../../plan.ts';
import type { ObjectMeta } from '../runtime/resource.ts';
import type { Rendering } from './rendering.ts';

/** On everything of a pipeline, its pods included; the value is the pipeline's name. */
export const pipelineLabel = 'likeness.dev/pipeline';

/** `suffix` has at most 22 characters: a pipeline's name has at most 40, and 63 are the most that every kind allows. */
export function childName({ plan }: Rendering, suffix: string): string {
  return `${plan.pipeline.name}-${suffix}`;
}

/** What never changes in a pod of a stage: what Services and Deployments select. */
export function stageSelector({ plan }: Rendering, stage: StageName): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'likeness',
    'app.kubernetes.io/instance': plan.pipeline.name,
    'app.kubernetes.io/component': stage,
  };
}

/** Without the version: a new operator alone must not restart pods whose image stays. */
export function podLabels(rendering: Rendering, stage: StageName): Record<string, string> {
  return { ...stageSelector(rendering, stage), ...familyLabels(rendering) };
}

function familyLabels({ plan }: Rendering): Record<string, string> {
  return {
    'app.kubernetes.io/part-of': 'likeness',
    'app.kubernetes.io/managed-by': 'likeness-operator',
    [pipelineLabel]: plan.pipeline.name,
  };
}

interface Described {
  readonly name: string;
  /** A stage, or what else the object is for. */
  readonly component: string;
  /** False: it outlives the pipeline. Default: true. */
  readonly owned?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export function metadataOf(rendering: Rendering, { name, component, owned = true, labels }: Described): ObjectMeta {
  const { plan, version, uid } = rendering;
  return {
    name,
    namespace: plan.pipeline.namespace,
    labels: {
      'app.kubernetes.io/name': 'likeness',
      'app.kubernetes.io/instance': plan.pipeline.name,
      'app.kubernetes.io/component': component,
      'app.kubernetes.io/version': version,
      ...familyLabels(rendering),
      ...labels,
    },
    ...(owned && uid !== undefined && { ownerReferences: [ownerOf(plan.pipeline.name, uid)] }),
  };
}

const ownerOf = (name: string, uid: string) => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});
