/** The environment of a stage in a cluster, and the immutable ConfigMap that holds it. Pure. */
import { LikenessError } from '../../../services/shared/errors.ts';
import { canonicalJson } from '../../../services/shared/canonical-json.ts';
import type { StageName, Workload } from '../../plan.ts';
import { contentHash } from './content-hash.ts';
import { httpPort } from './image-layout.ts';
import { childName, metadataOf } from './metadata.ts';
import { modelBucketEnv } from './models-volume.ts';
import { stageMounts } from './mounts.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** Linux takes no argument or variable of 128 KiB or more, name and NUL included. */
const longestVariable = 128 * 1024 - 1;

/** Throws LikenessError `BadSpec` if a part of the spec is too long for a process. */
export function environmentOf(rendering: Rendering, workload: Workload): Record<string, string> {
  const files = stageMounts(rendering, workload).flatMap(({ env = {} }) => Object.entries(env));
  const listens: Readonly<Record<string, string>> = workload.kind === 'service' ? listening : {};
  const bucket = modelBucketEnv(rendering, workload.name);
  const env = { ...workload.env, ...listens, ...bucket, ...Object.fromEntries(files) };
  for (const [key, value] of Object.entries(env)) checkLength(workload.name, key, value);
  return env;
}

/** Keys or tokens guard ingest and serving; the rest has only metrics. */
const listening = { LIKENESS_HOST: '0.0.0.0', LIKENESS_PORT: String(httpPort) };

function checkLength(stage: StageName, key: string, value: string): void {
  const bytes = Buffer.byteLength(`${key}=${value}`) + 1;
  if (bytes <= longestVariable) return;
  throw new LikenessError(
    'BadSpec',
    `The part of the spec that ${stage} reads is ${bytes} bytes long, and a process takes at most ${longestVariable}: ` +
      'shorten its lists, such as spec.serving.rules.bury',
  );
}

/** The ConfigMap of a stage: a changed environment is another ConfigMap, and so restarts this stage alone. */
export function stageConfigMap(rendering: Rendering, workload: Workload): KubernetesObject {
  const data = environmentOf(rendering, workload);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(rendering, { name: nameOf(rendering, workload.name, data), component: workload.name }),
    immutable: true,
    data,
  };
}

export function stageConfigName(rendering: Rendering, workload: Workload): string {
  return nameOf(rendering, workload.name, environmentOf(rendering, workload));
}

function nameOf(rendering: Rendering, stage: StageName, data: Readonly<Record<string, string>>): string {
  return childName(rendering, `${stage}-${contentHash(canonicalJson(data))}`);
}
