/** Every pipeline of examples/, as a cluster would run it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '../../crds/load.ts';
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { withClusterDefaults } from '../../operator/kubernetes/render/cluster-defaults.ts';
import { renderPipeline } from '../../operator/kubernetes/render/render.ts';
import type { KubernetesObject, RenderOptions } from '../../operator/kubernetes/render/rendering.ts';
import { planPipeline, type Plan } from '../../operator/plan.ts';

const folder = join(import.meta.dirname, '../../examples');

/** Names of the files, without `.yaml`. */
export const exampleNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''))
  .toSorted();

export interface Rendered {
  readonly plan: Plan;
  readonly options: RenderOptions;
  readonly objects: readonly KubernetesObject[];
}

/** A pipeline in YAML; Kafka and Redis are `kafka` and `redis` in its namespace where it names none. */
export function specOf(text: string): PipelineSpec {
  const loaded = loadPipeline(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  return withClusterDefaults(loaded.effective, { kafka: 'kafka:9092', redis: 'redis://redis:6379' });
}

export const exampleSpec = (name: string): PipelineSpec => specOf(readFileSync(join(folder, `${name}.yaml`), 'utf8'));

export function rendered(spec: PipelineSpec, name = 'shop', changes: Partial<RenderOptions> = {}): Rendered {
  const plan = planPipeline({ namespace: 'default', name, epoch: 1, spec });
  const options: RenderOptions = {
    spec,
    uid: '00000000-0000-4000-8000-000000000000',
    image: 'likeness:0.1.0',
    version: '0.1.0',
    capabilities: { monitors: true, keda: true },
    ...changes,
  };
  return { plan, options, objects: renderPipeline(plan, options) };
}
