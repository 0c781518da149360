/** One run of the trainer: replay, judge, fit, sign, store, announce. It makes candidates; it never activates one. */
import type { KeyObject } from 'node:crypto';
import type { Broker } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import { openArtifact, sealArtifact, type SealedArtifact } from '../shared/learning/artifact.ts';
import { buildTogether } from '../shared/learning/build-together.ts';
import { cleaningReport } from '../shared/learning/cleaning/cleaning-report.ts';
import { cleaningFile, encodeCleaning, type CleaningModel } from '../shared/learning/cleaning/cleaning-model.ts';
import { CleaningSums } from '../shared/learning/cleaning/sums.ts';
import { collectEvent, isSince, type Collector } from '../shared/learning/collect.ts';
import { baselineFile } from '../shared/learning/drift/baseline.ts';
import { BaselineSample } from '../shared/learning/drift/baseline-sample.ts';
import type { Checkpoints } from '../shared/learning/ranker/checkpoint.ts';
import type { RankerDeps } from '../shared/learning/ranker/stage.ts';
import type { CleanEvent } from '../shared/event.ts';
import type { Inverter } from '../shared/learning/ease.ts';
import type { ModelInputs } from '../shared/learning/model-inputs.ts';
import { EventTable } from '../shared/learning/event-table.ts';
import type { ManifestDetails } from '../shared/learning/manifest.ts';
import { encodeModel } from '../shared/learning/model.ts';
import { publicKeyOf } from '../shared/learning/signing.ts';
import { alone, isFirst, type Team } from '../shared/learning/team.ts';
import type { TensorBackend } from '../shared/learning/tensor/tensor-backend.ts';
import type { ModelStore } from '../shared/model-store.ts';
import type { CandidateMessage } from '../shared/model-stream.ts';
import { noReporter, type Reporter } from '../shared/reporter.ts';
import type { ReplaceableParts, RunParts } from '../shared/run-parts.ts';
import type { Clock, Telemetry } from '../shared/service.ts';
import { announce } from './announce.ts';
import type { TrainerConfig } from './config.ts';
import { fitBaseline } from './fit-baseline.ts';
import { fitCleaning } from './fit-cleaning.ts';
import { rankerDepsOf } from './ranker-deps.ts';
import { runOnSums, sumsPlace } from './incremental/run-on-sums.ts';
import { readShare } from './read-share.ts';
import type { Replayed, Take } from './replay.ts';
import { runClassifier } from './run-classifiers.ts';
import { skewFacts, type SkewFacts } from './skew-facts.ts';
import { trainModel, type TrainedModel } from './train-model.ts';

export interface TrainerDeps {
  readonly broker: Broker;
  readonly models: ModelStore;
  /** Ed25519, private. */
  readonly signingKey: KeyObject;
  readonly inverter: Inverter;
  /** Opened by the first model that needs it. Absent: such a model fails with `TensorsUnavailable`. */
  readonly tensors?: () => Promise<TensorBackend>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly reporter?: Reporter;
  /** Whoever shares the run, and what they leave for each other. Absent: alone. */
  readonly team?: Team;
  readonly parts?: RunParts;
  /** Where the sums of a model are kept from run to run. Absent: they are not. */
  readonly sumsOf?: (model: string) => ReplaceableParts;
  /** Where rankers keep how far they are; absent: nowhere. */
  readonly checkpoints?: Checkpoints;
  /** Runs what may be told to end; absent: nothing is told. */
  readonly interruptible?: RankerDeps['interruptible'];
}

interface Collecting extends Collector {
  readonly sample: BaselineSample;
}

interface Working extends TrainerDeps {
  readonly progress: (phase: string) => void;
}

type RunConfig = Pick<
  TrainerConfig,
  | 'runId'
  | 'pipeline'
  | 'topics'
  | 'models'
  | 'classify'
  | 'mergeOn'
  | 'since'
  | 'minEvents'
  | 'holdout'
  | 'partitions'
  | 'cleaning'
> &
  Partial<Pick<TrainerConfig, 'refresh'>>;

/**
 * Resolves with what was announced, one candidate a model, and nothing where another worker is the first. Throws `BadData` if a model has too few events (the others
 * are announced nevertheless), and what the broker or the store throws.
 */
export async function run(config: RunConfig, deps: TrainerDeps): Promise<CandidateMessage[]> {
  const started = deps.clock.now();
  const progress = createProgress(config, deps);
  const isOnSums = (inputs: ModelInputs): boolean => sumsPlace(inputs, config, deps) !== undefined;
  const collected = config.models.filter((inputs) => !isOnSums(inputs));
  const collectors = collected.map((inputs): Collecting => ({
    table: new EventTable(),
    inputs,
    mergeOn: config.mergeOn,
    since: config.since,
    sample: new BaselineSample(inputs),
  }));
  const sums = new CleaningSums(config.cleaning.steps);
  progress('reading the log');
  const { broker, team = alone, parts } = deps;
  const replayed = await readShare({ broker, topic: config.topics['events-clean'], team, parts }, [
    ...collectors.map(
      (collector): Take =>
        (event) =>
          void collectEvent(collector, event),
    ),
    ...collectors.map((collector): Take => (event) => {
      if (isSince(collector, event)) collector.sample.take(event);
    }),
    ...(sums.isEmpty ? [] : [(event: CleanEvent) => sums.add(event)]),
  ]);
  const cleaning = await fitCleaning(sums, team);
  const skew = await skewFacts(config, { ...deps, team });
  warnOfMalformed(replayed, deps);
  progress(`${replayed.lines} events read`);
  const announced: CandidateMessage[] = [];
  const tooFew: unknown[] = [];
  const about = (name: string) => ({
    skew,
    started,
    runId: runIdOf(config, name),
    cleaning: name === config.cleaning.carrier ? cleaning : undefined,
  });
  for (const collector of collectors) {
    const trained = await trainOne(collector, config, { ...deps, progress }).catch(keepBadData(tooFew));
    if (trained) {
      progress(`announcing ${trained.facts.model}`);
      announced.push(await publish({ ...about(collector.inputs.name), trained, replayed }, config, deps));
    }
  }
  for (const inputs of config.models.filter(isOnSums)) {
    const made = await runOnSums(inputs, config, { ...deps, progress }).catch(keepBadData(tooFew));
    if (made) {
      warnOfMalformed(made.replayed, deps);
      announced.push(await publish({ ...about(inputs.name), ...made }, config, deps));
    }
  }
  for (const inputs of isFirst(team) ? config.classify.models : []) {
    const own = { ...about(inputs.name), inputs, replayed, progress };
    const candidate = await runClassifier(own, config, deps).catch(keepBadData(tooFew));
    if (candidate) announced.push(candidate);
  }
  if (tooFew.length > 0) throw tooFew[0];
  progress('done');
  return announced;
}

/** What is said on the way: twice about the log, and of each model when weights are chosen, judged, fitted and announced. */
const stepsOf = (config: RunConfig): number => 2 + 4 * config.models.length + 2 * config.classify.models.length;

function createProgress(config: RunConfig, { telemetry, reporter = noReporter }: TrainerDeps) {
  let steps = 0;
  return (phase: string): void => {
    const percentage = phase === 'done' ? 100 : Math.min(99, Math.floor((100 * steps) / stepsOf(config)));
    steps++;
    telemetry.logger.info({ runId: config.runId, phase, percentage }, 'progress');
    reporter.report({ percentage, phase });
  };
}

async function trainOne({ table, inputs, sample }: Collecting, config: RunConfig, deps: Working) {
  const { inverter, clock, progress: onProgress, team = alone } = deps;
  const { minEvents, holdout, partitions } = config;
  const set = await buildTogether(table, partitions, { team, step: inputs.name });
  const ranker = inputs.ranker && (await rankerDepsOf(inputs.name, config, deps));
  const options = { inputs, inverter, ranker, now: () => clock.now(), holdout, minEvents, onProgress, team };
  const trained = await trainModel(set, options);
  const { name: step, length } = inputs;
  const baseline = await fitBaseline({ sample, set, trained, length, step }, team);
  return trained && { ...trained, baseline };
}

/** Too few events for one model must not keep the others from being trained. */
function keepBadData(kept: unknown[]): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof LikenessError) || error.code !== 'BadData') throw error;
    kept.push(error);
  };
}

/** Several models of one run each need a key of their own in the compacted stream. */
function runIdOf(config: RunConfig, model: string): string {
  const { runId, models } = config;
  return models.length + config.classify.models.length === 1 ? runId : `${runId}.${model}`;
}

function warnOfMalformed({ malformed }: Replayed, { telemetry }: TrainerDeps): void {
  if (malformed > 0) telemetry.logger.error({ code: 'BadData', malformed }, 'lines of events-clean are no events');
}

interface Outcome {
  readonly trained: TrainedModel;
  readonly replayed: Replayed;
  readonly skew: SkewFacts;
  readonly runId: string;
  /** When the run began, milliseconds since 1970. */
  readonly started: number;
  /** undefined: nothing was learned for the cleaning, or another model carries it. */
  readonly cleaning?: CleaningModel | undefined;
}

async function publish(outcome: Outcome, config: RunConfig, deps: TrainerDeps): Promise<CandidateMessage> {
  const { pipeline, since } = config;
  const learned = since === undefined ? {} : { since: new Date(since).toISOString() };
  const details = { ...factsOf(outcome, deps), ...detailsOf(outcome, deps), pipeline, ...learned };
  const { linesRead, trainSeconds, refresh } = details.report;
  deps.telemetry.logger.info(
    { runId: details.runId, model: details.model, linesRead, trainSeconds, refresh },
    'trained',
  );
  const twin = await putTwin(outcome, details, deps);
  const sealed = seal(outcome, { ...details, ...(twin && { twin }) }, deps);
  return announce(sealed, config, deps);
}

type Sealing = Pick<TrainerDeps, 'clock' | 'signingKey'>;

/** With what was found about the run as a whole. A training on sums says itself what it has read. */
function factsOf({ trained: { facts }, skew, replayed, started }: Outcome, { clock }: Sealing): typeof facts {
  const trainSeconds = (clock.now() - started) / 1000;
  const whole = { refresh: 'read everything', linesRead: replayed.lines, trainSeconds };
  return {
    ...facts,
    metrics: { ...facts.metrics, ...skew.metrics },
    report: { ...whole, ...facts.report, ...skew.report },
  };
}

function detailsOf({ replayed, runId }: Outcome, { clock }: Sealing) {
  return { runId, trainedAt: new Date(clock.now()).toISOString(), offsets: [...replayed.offsets] };
}

/** Stored before its model is, and announced to nobody: the gate finds it by what the model's manifest says. */
async function putTwin({ trained: { twin } }: Outcome, details: ManifestDetails, deps: TrainerDeps) {
  if (twin === undefined) return undefined;
  const before = new Date(twin.before).toISOString();
  // What the run has measured is the model's to tell.
  const sealed = sealArtifact(
    encodeModel(twin.model),
    { ...details, metrics: {}, report: { before } },
    deps.signingKey,
  );
  await deps.models.put(sealed.digest, sealed.files);
  return { digest: sealed.digest, before };
}

/** What cannot be opened again must not be announced. */
function seal({ trained, cleaning }: Outcome, facts: ManifestDetails, { signingKey }: Sealing): SealedArtifact {
  const details = { ...facts, report: { ...facts.report, ...(cleaning && cleaningReport(cleaning)) } };
  const files = encodeModel(trained.model);
  if (cleaning) files.set(cleaningFile, encodeCleaning(cleaning));
  if (trained.baseline) files.set(baselineFile, trained.baseline);
  for (const [name, bytes] of trained.files ?? []) files.set(name, bytes);
  const sealed = sealArtifact(files, details, signingKey);
  const opened = openArtifact(sealed.files, [publicKeyOf(signingKey)], sealed.digest);
  if (opened.manifest.version !== sealed.manifest.version)
    throw new LikenessError(
      'ModelInvalid',
      `The artifact opens as ${opened.manifest.version}, not as ${sealed.manifest.version}`,
    );
  return sealed;
}
