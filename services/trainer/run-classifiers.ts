/** Trains the classifiers of a run from the same offsets as its other models: examples as they were at their moment. */
import { LikenessError } from '../shared/errors.ts';
import { openClassifier, sealArtifact, type SealedArtifact } from '../shared/learning/artifact.ts';
import { encodeClassifier } from '../shared/learning/classify/classifier-file.ts';
import type { ClassifierInputs } from '../shared/learning/classify/classifier-inputs.ts';
import { trainClassifier, type TrainedClassifier } from '../shared/learning/classify/train-classifier.ts';
import { cleaningFile, encodeCleaning, type CleaningModel } from '../shared/learning/cleaning/cleaning-model.ts';
import { cleaningReport } from '../shared/learning/cleaning/cleaning-report.ts';
import { codeVersion, type ManifestDetails } from '../shared/learning/manifest.ts';
import { baselineFile } from '../shared/learning/drift/baseline.ts';
import type { Example, Examples } from '../shared/learning/point-in-time/example.ts';
import { PointInTime } from '../shared/learning/point-in-time/point-in-time.ts';
import { publicKeyOf } from '../shared/learning/signing.ts';
import type { CandidateMessage } from '../shared/model-stream.ts';
import { announce } from './announce.ts';
import type { TrainerConfig } from './config.ts';
import { examplesOf } from './example-settings.ts';
import { fitClassifierBaseline } from './fit-classifier-baseline.ts';
import { replayInTime } from './replay-in-time.ts';
import type { Replayed } from './replay.ts';
import type { TrainerDeps } from './service.ts';
import type { SkewFacts } from './skew-facts.ts';

/** Held in memory; of more the draw is by hash. */
const mostExamples = 50_000;
const seed = 1;

export type ClassifyConfig = Pick<
  TrainerConfig,
  'runId' | 'pipeline' | 'topics' | 'classify' | 'since' | 'minEvents' | 'holdout'
>;

export interface ClassifierRun {
  readonly inputs: ClassifierInputs;
  readonly runId: string;
  readonly replayed: Replayed;
  readonly skew: SkewFacts;
  readonly cleaning?: CleaningModel | undefined;
  readonly progress: (phase: string) => void;
}

/** Throws `BadData` where there are too few examples, and what the broker or the store throws. */
export async function runClassifier(
  run: ClassifierRun,
  config: ClassifyConfig,
  deps: TrainerDeps,
): Promise<CandidateMessage> {
  const { inputs, progress } = run;
  const { since = -Infinity, minEvents, holdout } = config;
  progress(`${inputs.name}: replaying the features as they were`);
  const { examples, settled } = await collectExamples(run, config, deps);
  const rows = examples.filter(({ time }) => time >= since);
  if (rows.length < minEvents)
    throw new LikenessError(
      'BadData',
      `Model ${inputs.name}: ${rows.length} examples whose time has passed are too few to learn from; it takes at ` +
        `least ${minEvents} (spec.training.minEvents). The time of an example has passed once the label's within and ` +
        'spec.cleaning.late.grace are over, so the events must reach over more than both.',
    );
  progress(`${inputs.name}: ${rows.length} of ${settled} examples`);
  const trained = await trainClassifier(rows, inputs, {
    holdout,
    seed,
    tensors: deps.tensors ?? noTensors,
    onProgress: (phase) => deps.telemetry.logger.info({ runId: run.runId, model: inputs.name, phase }, 'classifier'),
  });
  return publish({ run, rows, trained }, config, deps);
}

function noTensors(): never {
  throw new LikenessError('TensorsUnavailable', 'this run was started without a tensor backend');
}

/** The same offsets that the run has read, partition beside partition. */
async function collectExamples(
  { inputs, replayed }: ClassifierRun,
  { classify, topics }: ClassifyConfig,
  { broker }: TrainerDeps,
): Promise<Examples> {
  const settings = { ...examplesOf(classify, inputs), capacity: mostExamples, seed };
  const partitions = replayed.offsets.map(({ partition }) => partition);
  const pointInTime = new PointInTime(settings, partitions);
  const topic = topics['events-clean'];
  const logs = replayed.offsets.map(
    ({ partition, from, to }) => [partition, broker.read({ topic, partition, from, to })] as const,
  );
  await replayInTime(new Map(logs), pointInTime);
  return pointInTime.finish();
}

interface Outcome {
  readonly run: ClassifierRun;
  readonly rows: readonly Example[];
  readonly trained: TrainedClassifier;
}

async function publish(outcome: Outcome, config: ClassifyConfig, deps: TrainerDeps): Promise<CandidateMessage> {
  const details = detailsOf(outcome, config, deps);
  const twin = await putTwin(outcome, details, deps);
  return announce(seal(outcome, { ...details, twin }, deps), config, deps);
}

function detailsOf({ run, rows, trained }: Outcome, config: ClassifyConfig, { clock }: TrainerDeps): ManifestDetails {
  const { inputs, runId, replayed, skew, cleaning } = run;
  return {
    kind: trained.classifier.model.kind,
    model: inputs.name,
    codeVersion,
    featureSchema: inputs.schema,
    runId,
    pipeline: config.pipeline,
    trainedAt: new Date(clock.now()).toISOString(),
    offsets: [...replayed.offsets],
    ...(config.since !== undefined && { since: new Date(config.since).toISOString() }),
    events: rows.length,
    profiles: new Set(rows.map(({ profile }) => profile)).size,
    items: 0,
    metrics: { ...trained.metrics, ...skew.metrics },
    report: { ...trained.report, ...skew.report, ...(cleaning && cleaningReport(cleaning)) },
  };
}

/** Stored before its model is, and announced to nobody: the gate finds it by what the model's manifest says. */
async function putTwin(
  { trained }: Outcome,
  details: ManifestDetails,
  { models, signingKey }: TrainerDeps,
): Promise<NonNullable<ManifestDetails['twin']>> {
  const before = new Date(trained.twin.before).toISOString();
  const files = encodeClassifier({ ...trained, classifier: trained.twin.classifier });
  const sealed = sealArtifact(files, { ...details, metrics: {}, report: { before } }, signingKey);
  await models.put(sealed.digest, sealed.files);
  return { digest: sealed.digest, before };
}

/** What cannot be opened again must not be announced. */
function seal({ run, rows, trained }: Outcome, details: ManifestDetails, { signingKey }: TrainerDeps): SealedArtifact {
  const files = encodeClassifier(trained);
  files.set(baselineFile, fitClassifierBaseline(rows, trained));
  if (run.cleaning) files.set(cleaningFile, encodeCleaning(run.cleaning));
  const sealed = sealArtifact(files, details, signingKey);
  openClassifier(sealed.files, [publicKeyOf(signingKey)], sealed.digest);
  return sealed;
}
