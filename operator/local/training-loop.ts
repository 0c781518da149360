/** Trains when the decision says so, one trainer process at a time; its memory of runs survives a restart. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Training } from '../../crds/pipeline.ts';
import type { Broker } from '../../services/shared/broker.ts';
import { exitCodes, LikenessError } from '../../services/shared/errors.ts';
import { driftReportIn } from './drift-report.ts';
import type { Clock } from '../../services/shared/service.ts';
import type { Observed } from '../backend.ts';
import { decideRetrain, ledgerOf, type RememberedRun, type TrainingRun } from '../retrain.ts';

export interface TrainingLoopOptions {
  readonly broker: Broker;
  /** Name of the topic of the stream `events-clean`. */
  readonly topic: string;
  readonly training: Training;
  /** JSON file of the runs so far. */
  readonly runsFile: string;
  /** In which feature tells its verdicts of drift; there is none before it has looked at anything. */
  readonly driftFile: string;
  /** Runs one trainer to its end and gives its exit code. */
  readonly train: (run: WantedRun, signal: AbortSignal) => Promise<number>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onFatal: (error: unknown) => void;
}

interface WantedRun {
  readonly runId: string;
  /** Milliseconds since 1970: what was ingested before is of another time. Absent: all is learned from. */
  readonly since?: number | undefined;
}

export interface TrainingLoop {
  phase(): Observed['training'];
  stop(): Promise<void>;
}

const tickMs = 250;
const keptRuns = 100;

export function startTrainingLoop(options: TrainingLoopOptions): TrainingLoop {
  const stopped = new AbortController();
  const runs = loadRuns(options.runsFile);
  const since = options.clock.now();
  const attempt = createAttempt(options.logger);
  const loop = async () => {
    while (!stopped.signal.aborted) {
      await sleep(tickMs, undefined, { signal: stopped.signal });
      await attempt(() => tick(options, runs, stopped.signal));
    }
  };
  const done = loop().catch((error: unknown) => {
    if (!stopped.signal.aborted) options.onFatal(error);
  });
  return {
    phase: () => describe(runs, since),
    stop: async () => {
      stopped.abort();
      await done;
    },
  };
}

/** Outlives an outage of the broker, and says once that it began. Rejects with what trying again cannot help. */
function createAttempt(logger: Logger): (work: () => Promise<void>) => Promise<void> {
  let away = false;
  return async (work) => {
    try {
      await work();
      away = false;
    } catch (error) {
      if (!(error instanceof LikenessError) || !error.retryable) throw error;
      if (!away) logger.warn({ code: error.code, error }, 'training waits for the broker');
      away = true;
    }
  };
}

async function tick(options: TrainingLoopOptions, runs: RememberedRun[], signal: AbortSignal): Promise<void> {
  const offsets = await options.broker.offsets(options.topic);
  const records = offsets.reduce((sum, partition) => sum + partition.high, 0);
  const now = options.clock.now();
  const { training } = options;
  const verdict = training.retrain.mode === 'OnDrift' ? driftReportIn(options.driftFile)?.verdicts.at(-1) : undefined;
  const found = verdict && { drift: verdict.id, changedAt: verdict.changedAt };
  const decision = decideRetrain({ now, records, ledger: ledgerOf(runs), training, ...found });
  if (!decision.train) return;
  const { trigger, id } = decision;
  const runId = `${trigger.toLowerCase()}-${now}`;
  options.logger.info({ runId, trigger, id, records, since: found?.changedAt }, 'training');
  runs.push({ startedAt: now, records, outcome: 'Running', trigger, id });
  const code = await options.train({ runId, since: found?.changedAt }, signal);
  if (signal.aborted) return;
  const outcome = outcomeOf(code);
  runs.push({ ...runs.pop()!, outcome });
  saveRuns(options.runsFile, runs);
  if (outcome === 'Failed') options.logger.error({ runId, code }, 'training failed');
  else options.logger.info({ runId, outcome, ms: options.clock.now() - now }, 'training ended');
}

function outcomeOf(code: number): TrainingRun['outcome'] {
  if (code === exitCodes.ok) return 'Succeeded';
  return code === exitCodes.badData ? 'TooFewEvents' : 'Failed';
}

function describe(runs: readonly TrainingRun[], since: number): Observed['training'] {
  const ended = runs.filter(({ startedAt, outcome }) => startedAt >= since && outcome !== 'Running');
  const failures = ended.length - 1 - ended.findLastIndex(({ outcome }) => outcome !== 'Failed');
  const last = runs.at(-1);
  if (last === undefined) return { phase: 'Idle', message: 'waiting for the first events', failures };
  if (last.outcome === 'TooFewEvents') return { phase: 'Idle', message: 'waiting for more events', failures };
  return { phase: last.outcome, message: `started ${new Date(last.startedAt).toISOString()}`, failures };
}

function loadRuns(file: string): RememberedRun[] {
  if (!existsSync(file)) return [];
  const runs = JSON.parse(readFileSync(file, 'utf8')) as RememberedRun[];
  return runs.filter((run) => run.outcome !== 'Running');
}

/** Written beside and renamed: a crash leaves the old file or the new one. */
function saveRuns(file: string, runs: RememberedRun[]): void {
  runs.splice(0, Math.max(0, runs.length - keptRuns));
  writeFileSync(`${file}.new`, JSON.stringify(runs, null, 1));
  renameSync(`${file}.new`, file);
}
