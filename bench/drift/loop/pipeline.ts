/** A pipeline without processes: its spec compiled, and the parts that trainings, gates and watches have in common. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { specSchema, type PipelineSpec } from '../../../crds/pipeline.ts';
import type { ModelStore } from '../../../services/shared/model-store.ts';
import { openArtifact, type LoadedModel } from '../../../services/shared/learning/artifact.ts';
import { modelInputs, type ModelInputs } from '../../../services/shared/learning/model-inputs.ts';
import { generateSigningKey } from '../../../services/shared/learning/signing.ts';
import { compileFeatures, type CompiledFeatures } from '../../../services/shared/profile/compile.ts';
import type { Clock, Telemetry } from '../../../services/shared/service.ts';
import { streams, type Topics } from '../../../services/shared/streams.ts';
import { memoryLog, memoryModels, type MemoryLog } from './memory-log.ts';

/** A shop that follows its customers' taste: every look, cart and purchase is to be foreseen. */
const specOf = (training: object): PipelineSpec =>
  specSchema.parse({
    features: [{ name: 'history', sequence: { events: ['view', 'cart', 'purchase'], length: 50 } }],
    models: [{ name: 'next-item', recommend: { history: 'history', target: ['view', 'cart', 'purchase'] } }],
    training,
  });

export const loopSpecs = {
  /** Nothing is set but that drift is followed. */
  default: specOf({ retrain: { mode: 'OnDrift' } }),
  /** For a shop of which there are minutes instead of days: all of it is watched, and trials are short. */
  quick: specOf({
    minEvents: 1000,
    retrain: { mode: 'OnDrift', growth: '1.5', sampleShare: '1', maxPerDay: 96 },
    promotion: { canaryPercent: 20, bakeTime: '30s', minDelta: '-0.02' },
  }),
} as const;

/** As the operator would name them. */
export const topics = Object.fromEntries(streams.map((stream) => [stream, stream])) as unknown as Topics;

export interface LoopPipeline {
  readonly spec: PipelineSpec;
  readonly inputs: ModelInputs;
  readonly history: string;
  readonly compiled: CompiledFeatures;
  readonly log: MemoryLog;
  readonly models: ModelStore;
  readonly signingKey: KeyObject;
  readonly trustedKeys: readonly KeyObject[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Verifies what is in the store, and decodes it. */
  open(digest: string): Promise<LoadedModel>;
}

/** Of the first model of the spec, which must recommend. */
export function createPipeline(clock: Clock, spec: PipelineSpec): LoopPipeline {
  const [first] = spec.models;
  if (first?.recommend === undefined) throw new Error('the first model of the spec is to recommend');
  const pair = generateSigningKey();
  const trustedKeys = [createPublicKey(pair.publicPem)];
  const models = memoryModels();
  return {
    spec,
    inputs: modelInputs(spec, first.name),
    history: first.recommend.history,
    compiled: compileFeatures(spec.features, spec.events),
    log: memoryLog(clock),
    models,
    signingKey: createPrivateKey(pair.privatePem),
    trustedKeys,
    clock,
    telemetry: { logger: pino({ enabled: false }), registry: new Registry() },
    open: async (digest) => openArtifact(await models.get(digest), trustedKeys, digest),
  };
}
