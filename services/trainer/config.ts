/** The environment of the trainer. Pure. */
import { z } from 'zod';
import { trainerSlice } from '../../crds/slices.ts';
import { parseEnv } from '../shared/config.ts';
import { LikenessError } from '../shared/errors.ts';
import { modelInputs } from '../shared/learning/model-inputs.ts';

export type TrainerConfig = ReturnType<typeof parseConfig>;

const extra = {
  /** Names this run in the candidate's key. */
  LIKENESS_RUN_ID: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,99}$/, 'letters, digits, "." and "-", at most 100'),
  /** File with an Ed25519 private key in PEM. */
  LIKENESS_SIGNING_KEY: z.string().min(1),
  /** Train this model of the spec alone; absent: all of them. */
  LIKENESS_MODEL: z.string().min(1).optional(),
};

/** Throws `BadConfig` or `BadSpec`. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const connections = parseEnv(env, trainerSlice, extra);
  const { LIKENESS_SPEC: spec, LIKENESS_MODEL: only } = connections;
  if (spec.models.length === 0)
    throw new LikenessError('BadConfig', 'LIKENESS_SPEC: spec.models is empty, so there is nothing to train');
  const names = only === undefined ? spec.models.map((model) => model.name) : [only];
  return {
    runId: connections.LIKENESS_RUN_ID,
    signingKeyFile: connections.LIKENESS_SIGNING_KEY,
    logLevel: connections.LIKENESS_LOG_LEVEL,
    topics: connections.LIKENESS_TOPICS,
    models: names.map((name) => modelInputs(spec, name)),
    mergeOn: spec.identity.mergeOn,
    minEvents: spec.training.minEvents,
    holdout: Number(spec.training.holdout.fraction),
    /** What the adapters connect to. */
    connections,
  };
}
