/** The environment of the gate. Pure. */
import { z } from 'zod';
import { durationMs } from '../../../crds/scalars.ts';
import { gateSlice } from '../../../crds/slices.ts';
import { parseEnv } from '../../shared/config.ts';
import { isDigest } from '../../shared/model-store.ts';
import { exampleSource } from '../example-settings.ts';

export type GateConfig = ReturnType<typeof parseConfig>;

const extra = {
  /** The run whose candidate is judged, and the digest of its artifact. */
  LIKENESS_GATE_RUN: z.string().min(1),
  LIKENESS_GATE_DIGEST: z.string().refine(isDigest, 'not a SHA-256 in hex'),
  /** Files with Ed25519 public keys in PEM, separated by commas. */
  LIKENESS_TRUSTED_KEYS: z
    .string()
    .min(1)
    .transform((paths) => paths.split(',').map((path) => path.trim())),
  /** A greater artifact is refused: serving holds two of them in memory. */
  LIKENESS_MODEL_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(4 * 2 ** 30),
};

/** Throws `BadConfig`. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, gateSlice, extra);
  const { minDelta, segmentFloor, latencyBudget } = read.LIKENESS_SPEC.training.promotion;
  return {
    runId: read.LIKENESS_GATE_RUN,
    digest: read.LIKENESS_GATE_DIGEST,
    pipeline: `${read.LIKENESS_NAMESPACE}/${read.LIKENESS_PIPELINE}`,
    logLevel: read.LIKENESS_LOG_LEVEL,
    topics: read.LIKENESS_TOPICS,
    spec: read.LIKENESS_SPEC,
    /** What classifiers are asked. */
    examples: exampleSource(read.LIKENESS_SPEC),
    settings: {
      minDelta: minDelta === undefined ? undefined : Number(minDelta),
      segmentFloor: Number(segmentFloor),
      latencyBudgetMs: durationMs(latencyBudget),
    },
    trustedKeyFiles: read.LIKENESS_TRUSTED_KEYS,
    maxBytes: read.LIKENESS_MODEL_MAX_BYTES,
    modelStore: read.modelStore,
    /** undefined: the log alone is read. */
    archive: read.LIKENESS_SPEC.archive && {
      pipeline: read.connections.pipeline,
      stream: 'events-clean' as const,
      epoch: read.LIKENESS_EPOCH,
    },
    connections: read.connections,
  };
}
