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
  /** What a person has asked for last; undefined: nothing. */
  readonly wish: () => string | undefined;
  /** Runs one trainer to its end and gives its exit code. */
  readonly train: (run: WantedRun, signal: AbortSignal) => Promise<number>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onFatal: (error: unknown) => void;
}

interface WantedRun {
  /** The one of a run that was interrupted, when it is taken up again: what that had kept lies under its name. */
  readonly runId: string;
  /** Milliseconds since 1970: what was ingested before is of another time. Absent: all is learned from. */
  readonly since?: number | undefined;
}

/** Written down when it begins, so that the next start of this program goes on with it. */
interface LocalRun extends RememberedRun, Partial<WantedRun> {
  /** It was told to end, was killed, or lacked what it needs: another try goes on where it was. */
  readonly interrupted?: true;
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

async function tick(options: TrainingLoopOptions, runs: LocalRun[], signal: AbortSignal): Promise<void> {
  // Nothing of this start is running: the start before this one has left it.
  const left = runs.at(-1)?.outcome === 'Running' ? runs.pop() : undefined;
  const run = left ?? (await decide(options, runs));
  if (run === undefined) return;
  const { runId = nameOf(run), since, trigger, id, records } = run;
  const { logger, runsFile, clock } = options;
  const isTakenUpAgain = run === left || run.interrupted === true;
  logger.info({ runId, trigger, id, records, since, isTakenUpAgain }, 'training');
  runs.push(run);
  saveRuns(runsFile, runs);
  const started = clock.now();
  const code = await options.train({ runId, since }, signal);
  if (signal.aborted) return;
  const outcome = outcomeOf(code);
  const { interrupted: _before, ...ended } = runs.pop()!;
  runs.push({ ...ended, outcome, ...(code === exitCodes.infrastructure && { interrupted: true }) });
  saveRuns(runsFile, runs);
  if (outcome === 'Failed') logger.error({ runId, code }, 'training failed');
  else logger.info({ runId, outcome, ms: clock.now() - started }, 'training ended');
}

async function decide(options: TrainingLoopOptions, runs: readonly LocalRun[]): Promise<LocalRun | undefined> {
  const offsets = await options.broker.offsets(options.topic);
  const records = offsets.reduce((sum, partition) => sum + partition.high, 0);
  const now = options.clock.now();
  const { training } = options;
  const verdict = training.retrain.mode === 'OnDrift' ? driftReportIn(options.driftFile)?.verdicts.at(-1) : undefined;
  const found = verdict && { drift: verdict.id, changedAt: verdict.changedAt };
  const decision = decideRetrain({ now, records, ledger: ledgerOf(runs), training, manual: options.wish(), ...found });
  if (!decision.train) return undefined;
  const { trigger, id } = decision;
  const last = runs.at(-1);
  const begun = { startedAt: now, outcome: 'Running', trigger, id } as const;
  // It reads what it had read, however much has come since.
  if (last?.interrupted && last.trigger === trigger && last.id === id) return { ...last, ...begun };
  return { ...begun, records, runId: nameOf(begun), ...(found && { since: found.changedAt }) };
}

function nameOf({ trigger = 'Initial', startedAt }: Pick<RememberedRun, 'trigger' | 'startedAt'>): string {
  return `${trigger.toLowerCase()}-${startedAt}`;
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

/** All have ended but the last, which this program may have left when it ended. */
function loadRuns(file: string): LocalRun[] {
  if (!existsSync(file)) return [];
  const runs = JSON.parse(readFileSync(file, 'utf8')) as LocalRun[];
  return runs.filter((run, at) => run.outcome !== 'Running' || at === runs.length - 1);
}

/** Written beside and renamed: a crash leaves the old file or the new one. */
function saveRuns(file: string, runs: LocalRun[]): void {
  runs.splice(0, Math.max(0, runs.length - keptRuns));
  writeFileSync(`${file}.new`, JSON.stringify(runs, null, 1));
  renameSync(`${file}.new`, file);
}
