/** The environment of the trainer. Pure. */
import { z } from 'zod';
import { durationMs } from '../../crds/scalars.ts';
import { trainerSlice } from '../../crds/slices.ts';
import { parseEnv } from '../shared/config.ts';
import { LikenessError } from '../shared/errors.ts';
import { classifierInputs } from '../shared/learning/classify/classifier-inputs.ts';
import { modelInputs } from '../shared/learning/model-inputs.ts';
import { exampleSource } from './example-settings.ts';

export type TrainerConfig = ReturnType<typeof parseConfig>;

const extra = {
  /** Names this run in the candidate's key. */
  LIKENESS_RUN_ID: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,99}$/, 'letters, digits, "." and "-", at most 100'),
  /** File with an Ed25519 private key in PEM. */
  LIKENESS_SIGNING_KEY: z.string().min(1),
  /** Learn from events ingested since then alone, milliseconds since 1970: when a drift came that sets the run off. */
  LIKENESS_SINCE: z.coerce.number().int().min(0).optional(),
  /** Train this model of the spec alone; absent: all of them. */
  LIKENESS_MODEL: z.string().min(1).optional(),
  /** In a cluster: name of the ConfigMap in which the run says how far it is. */
  LIKENESS_REPORT: z.string().min(1).optional(),
  /** How many share the run. */
  LIKENESS_TRAINERS: z.coerce.number().int().min(1).max(64).default(1),
  /** Kubernetes' own, of an Indexed Job: which of them this is, from 0. */
  JOB_COMPLETION_INDEX: z.coerce.number().int().min(0).default(0),
  /** So long one of them waits for another. */
  LIKENESS_TRAINERS_PATIENCE_MS: z.coerce.number().int().min(1).default(1_800_000),
  /** GPUs of each; 0: none, even where one is. Absent: as they are found. */
  LIKENESS_GPUS: z.coerce.number().int().min(0).max(64).optional(),
  /** Where `npm run native` has put TensorFlow. Absent: in the cache of the user. */
  LIKENESS_NATIVE: z.string().min(1).optional(),
  /** Kubernetes' own: where its API server is. */
  KUBERNETES_SERVICE_HOST: z.string().min(1).default('kubernetes.default.svc'),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().min(1).max(65535).default(443),
};

/** Throws `BadConfig` or `BadSpec`. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, trainerSlice, extra);
  const { LIKENESS_SPEC: spec, LIKENESS_MODEL: only } = read;
  if (spec.models.length === 0)
    throw new LikenessError('BadConfig', 'LIKENESS_SPEC: spec.models is empty, so there is nothing to train');
  const { LIKENESS_TRAINERS: size, JOB_COMPLETION_INDEX: index } = read;
  if (index >= size)
    throw new LikenessError('BadConfig', `JOB_COMPLETION_INDEX is ${index}, and there are ${size} (LIKENESS_TRAINERS)`);
  const names = only === undefined ? spec.models.map((model) => model.name) : [only];
  const classifiers = names.filter((name) => spec.models.some((model) => model.name === name && model.classify));
  const recommenders = names.filter((name) => !classifiers.includes(name));
  return {
    runId: read.LIKENESS_RUN_ID,
    /** Whose events these are. */
    pipeline: `${read.LIKENESS_NAMESPACE}/${read.LIKENESS_PIPELINE}`,
    signingKeyFile: read.LIKENESS_SIGNING_KEY,
    logLevel: read.LIKENESS_LOG_LEVEL,
    topics: read.LIKENESS_TOPICS,
    models: recommenders.map((name) => modelInputs(spec, name)),
    /** What classifiers learn from, beside the events: the features as they were at each moment. */
    classify: {
      models: classifiers.map((name) => classifierInputs(spec, name)),
      ...exampleSource(spec),
    },
    /** The artifact of the first model of the spec carries what is learned for the cleaner. */
    cleaning: { carrier: spec.models[0]!.name, steps: spec.cleaning },
    mergeOn: spec.identity.mergeOn,
    since: read.LIKENESS_SINCE,
    minEvents: spec.training.minEvents,
    holdout: Number(spec.training.holdout.fraction),
    refresh: { mode: spec.training.refresh.mode, refitAfterMs: durationMs(spec.training.refresh.refitAfter) },
    modelStore: read.modelStore,
    /** undefined: the log alone is learned from. */
    archive: spec.archive && {
      pipeline: read.connections.pipeline,
      stream: 'events-clean' as const,
      epoch: read.LIKENESS_EPOCH,
    },
    connections: read.connections,
    partitions: read.LIKENESS_PARTITIONS,
    tensors: { gpus: read.LIKENESS_GPUS, home: read.LIKENESS_NATIVE },
    workers: { size, index, patienceMs: read.LIKENESS_TRAINERS_PATIENCE_MS },
    ...(read.LIKENESS_REPORT && {
      report: {
        namespace: read.LIKENESS_NAMESPACE,
        name: read.LIKENESS_REPORT,
        runId: read.LIKENESS_RUN_ID,
        host: read.KUBERNETES_SERVICE_HOST,
        port: read.KUBERNETES_SERVICE_PORT,
      },
    }),
  };
}
