/** What a model of the spec learns from: which events are its steps, which of them it predicts, and its parameters. */
import { createHash } from 'node:crypto';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import { canonicalJson } from '../canonical-json.ts';
import { LikenessError } from '../errors.ts';
import { rankerSettings, type RankerSettings } from './ranker/settings.ts';

export interface ModelInputs {
  readonly name: string;
  /** Event types of the history; undefined: every type but identify and alias. */
  readonly history: ReadonlySet<string> | undefined;
  /** Event types that the model predicts. They are steps of the history too, whatever the history says. */
  readonly targets: ReadonlySet<string>;
  /** A history is at most so many steps long when it is scored. */
  readonly length: number;
  /** SR looks so many steps back. */
  readonly window: number;
  readonly decay: number;
  /** EASE's λ. */
  readonly regularization: number;
  readonly maxItems: number;
  /** undefined: none is trained. */
  readonly ranker?: RankerSettings | undefined;
  /** SHA-256 of the definitions that decide what a history is: models of another schema must not serve this spec. */
  readonly schema: string;
}

type ModelSpec = Pick<PipelineSpec, 'features' | 'models'>;

const linkTypes = new Set(['identify', 'alias']);

/** Throws `BadSpec` if there is no such model, or its history is no sequence feature. */
export function modelInputs(spec: ModelSpec, name: string): ModelInputs {
  const model = spec.models.find((candidate) => candidate.name === name);
  if (!model) {
    const known = spec.models.map((candidate) => candidate.name).join(', ') || 'none';
    throw new LikenessError('BadSpec', `spec.models has no model "${name}"; it has: ${known}`);
  }
  if (!model.recommend) throw new LikenessError('BadSpec', `models.${name} does not recommend: it classifies`);
  const { history, target, retrieval, ranker } = model.recommend;
  const sequence = spec.features.find((feature) => feature.name === history)?.sequence;
  if (!sequence)
    throw new LikenessError(
      'BadSpec',
      `models.${name}.recommend.history: "${history}" is no sequence feature of the spec`,
    );
  const schema = canonicalJson({ history: sequence, target });
  return {
    name,
    history: sequence.events && new Set(sequence.events),
    targets: new Set(target),
    length: sequence.length,
    window: retrieval.window,
    decay: Number(retrieval.decay),
    regularization: Number(retrieval.regularization),
    maxItems: retrieval.maxItems,
    ranker: ranker && rankerSettings(ranker),
    schema: createHash('sha256').update(schema).digest('hex'),
  };
}

/** Whether events of a type are steps that the model learns from. */
export function isStep(inputs: ModelInputs, type: string): boolean {
  return inputs.targets.has(type) || (inputs.history?.has(type) ?? !linkTypes.has(type));
}
