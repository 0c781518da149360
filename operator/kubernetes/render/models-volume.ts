/**
 * Where the models lie, and the archive beside them: trainers write there, serving reads, and a cleaner that follows a model. A volume that many pods can mount at once, or a bucket. Pure.
 */
import type { V1PersistentVolumeClaimSpec } from '@kubernetes/client-node';
import type { StageName } from '../../plan.ts';
import { paths } from './image-layout.ts';
import { metadataOf } from './metadata.ts';
import type { Mount } from './mounts.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** None where the spec names a claim or a bucket: what is in them, and their size and class, are their maker's. */
export function modelsVolumeClaim(rendering: Rendering): KubernetesObject[] {
  const { models, deletionPolicy } = rendering.plan;
  const { store } = models;
  const { accessMode, size, storageClassName } = rendering.modelsVolume;
  if (!('own' in store && store.own)) return [];
  const owned = deletionPolicy === 'Delete';
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: metadataOf(rendering, { name: store.claimName, component: 'models', owned }),
      spec: {
        accessModes: [accessMode],
        resources: { requests: { storage: size } },
        ...(storageClassName !== undefined && { storageClassName }),
      } satisfies V1PersistentVolumeClaimSpec,
    },
  ];
}

/** None of a bucket, which is reached over the network. */
export function modelMounts({ plan }: Rendering, stage: StageName): Mount[] {
  const { store } = plan.models;
  if (!usesModels(plan, stage) || 's3' in store) return [];
  const source = { persistentVolumeClaim: { claimName: store.claimName } };
  const env = { LIKENESS_MODELS: paths.models };
  return [{ name: 'models', path: paths.models, writable: writers.has(stage), source, env }];
}

/** Its Secrets are files, of which the mounts tell. */
export function modelBucketEnv({ plan }: Rendering, stage: StageName): Readonly<Record<string, string>> {
  const { store } = plan.models;
  if (!usesModels(plan, stage) || !('s3' in store)) return {};
  const { endpoint, bucket, prefix, region, pathStyle } = store.s3;
  return {
    LIKENESS_S3_ENDPOINT: endpoint,
    LIKENESS_S3_BUCKET: bucket,
    LIKENESS_S3_PREFIX: prefix,
    LIKENESS_S3_REGION: region,
    LIKENESS_S3_PATH_STYLE: String(pathStyle),
  };
}

const writers: ReadonlySet<StageName> = new Set<StageName>(['trainer', 'archive']);

/** Whoever signs models, or checks who has signed them; and who writes or reads the archive, which lies beside them. */
function usesModels({ workloads }: Rendering['plan'], stage: StageName): boolean {
  const { secrets = [], env = {} } = workloads.find(({ name }) => name === stage) ?? {};
  if (stage === 'archive' || env['LIKENESS_ARCHIVE'] !== undefined) return true;
  return secrets.some(({ purpose }) => purpose === 'signingKey' || purpose === 'verificationKey');
}
