/**
 * Pipelines that are being worked on: reading and rendering one takes longer than all else of a pass that finds nothing
 * to do, and while its pods start there is one pass after the other over the same spec.
 */
import type { PipelineSpec } from '../../crds/pipeline.ts';
import type { Defaults } from '../config.ts';
import type { Plan } from '../plan.ts';
import { readSpec, type PipelineObject, type ReadSpec } from './read-pipeline.ts';
import { renderPipeline } from './render/render.ts';
import type { KubernetesObject, RenderOptions } from './render/rendering.ts';

/** So many at most: one with all its objects takes about 150 KB. */
const mostKnown = 64;

interface Known {
  /** Of the pipeline's uid and generation. */
  readonly version: string;
  readonly read: ReadSpec;
}

interface Rendered {
  readonly epoch: number;
  readonly uid: string | undefined;
  readonly objects: KubernetesObject[];
}

export class KnownPipelines {
  readonly #defaults: Defaults;
  /** The least recently read first. */
  readonly #known = new Map<string, Known>();
  readonly #rendered = new WeakMap<PipelineSpec, Rendered>();

  constructor(defaults: Defaults) {
    this.#defaults = defaults;
  }

  /** As `readSpec`; the very same spec while the pipeline has it. */
  read(key: string, pipeline: PipelineObject): ReadSpec {
    const { uid, generation } = pipeline.metadata;
    const version = `${uid} ${generation}`;
    const held = this.#known.get(key);
    const read = held?.version === version ? held.read : readSpec(pipeline, this.#defaults);
    this.#known.delete(key);
    this.#known.set(key, { version, read });
    if (this.#known.size > mostKnown) this.#known.delete(this.#known.keys().next().value!);
    return read;
  }

  /** As `renderPipeline`; the very same objects for the same spec. The options beside spec and uid never change. */
  render(plan: Plan, options: RenderOptions): KubernetesObject[] {
    const { spec, uid } = options;
    const { epoch } = plan.pipeline;
    const held = this.#rendered.get(spec);
    if (held?.epoch === epoch && held.uid === uid) return held.objects;
    const objects = renderPipeline(plan, options);
    this.#rendered.set(spec, { epoch, uid, objects });
    return objects;
  }

  /** There is nothing to do about it for a while. */
  forget(key: string): void {
    this.#known.delete(key);
  }
}
