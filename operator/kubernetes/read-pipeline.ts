/** A ProfilePipeline as the API server holds it → the effective spec, or why it is not acted upon. Pure. */
import { effectiveSpec } from '../../crds/effective.ts';
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { referenceErrors } from '../../crds/references.ts';
import { checkSchema } from '../../crds/schema-errors.ts';
import { pathText, type PlacedError } from '../../crds/spec-error.ts';
import type { Defaults } from '../config.ts';
import type { PipelineStatus } from '../../crds/status.ts';
import type { SpecRefusal } from '../status.ts';
import type { KubeObject } from './runtime/resource.ts';

export interface PipelineObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: PipelineStatus;
}

export type ReadSpec =
  | { readonly ok: true; readonly spec: PipelineSpec }
  | { readonly ok: false; readonly refusal: SpecRefusal };

const maxErrors = 5;

/** `defaults`: what this cluster gives to those that name no Kafka or no store. */
export function readSpec({ apiVersion, kind, metadata, spec }: PipelineObject, defaults: Defaults): ReadSpec {
  const document = { apiVersion, kind, metadata, spec: spec ?? {} };
  const checked = checkSchema(document);
  const errors = [...(checked.ok ? [] : checked.errors), ...referenceErrors(document)];
  if (!checked.ok || errors.length > 0) return refused('SpecRefused', errors.slice(0, maxErrors).map(text).join('; '));
  const effective = effectiveSpec(checked.pipeline.spec);
  const { kafka = defaults.kafka, store = defaults.store } = effective;
  if (kafka === undefined) return refused('NeedsKafka', needs('spec.kafka', 'kafka.bootstrapServers'));
  if (store === undefined) return refused('NeedsRedis', needs('spec.store', 'store.redis.url'));
  return { ok: true, spec: { ...effective, kafka, store } };
}

const needs = (path: string, field: string): string =>
  `${path}: missing; name ${field}, or give the operator a default (values.yaml, defaults)`;

const refused = (reason: SpecRefusal['reason'], message: string): ReadSpec => ({
  ok: false,
  refusal: { reason, message },
});

const text = ({ at, given, allowed }: PlacedError): string => `${pathText(at)}: ${given}; allowed: ${allowed}`;
