/** A run that several workers share: each reads its partitions; the first one adds up, judges and announces. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { LikenessError } from '../shared/errors.ts';
import type { CandidateMessage } from '../shared/model-stream.ts';
import type { RunParts } from '../shared/run-parts.ts';
import type { TrainerConfig } from './config.ts';
import { createPartsTeam, overPart, RunIsOver } from './parts-team.ts';
import { run, type TrainerDeps } from './service.ts';

type Waits = { readonly sleep?: (ms: number) => Promise<unknown>; readonly pollMs?: number };

/** Resolves and rejects as `run` does; a worker that comes too late for its run resolves with nothing. */
export async function runTogether(
  config: Omit<TrainerConfig, 'connections' | 'modelStore' | 'signingKeyFile' | 'logLevel'>,
  deps: TrainerDeps,
  parts: RunParts,
  { sleep = sleepFor, pollMs = 1000 }: Waits = {},
): Promise<CandidateMessage[]> {
  const { size, index, patienceMs } = config.workers;
  const isFirst = index === 0;
  const { logger } = deps.telemetry;
  if (await parts.get(overPart)) return skip();
  if (isFirst) await parts.clearOthers();
  const team = createPartsTeam({ parts, size, index, clock: deps.clock, sleep, patienceMs, pollMs });
  try {
    const announced = await run(config, { ...deps, team, parts });
    if (isFirst) {
      await parts.create(overPart, Buffer.from('1'));
      await parts.clear([overPart]);
    }
    return announced;
  } catch (error) {
    if (error instanceof RunIsOver) return skip();
    // All of them find that there is too little to learn from; one says it, when it has announced what could be learned.
    if (isFirst || !(error instanceof LikenessError) || error.code !== 'BadData') throw error;
    logger.warn({ code: error.code, error, worker: index }, 'the first worker ends the run for this');
    return [];
  }

  function skip(): CandidateMessage[] {
    logger.info({ runId: config.runId, worker: index }, 'the run is over already: there is nothing to do');
    return [];
  }
}
