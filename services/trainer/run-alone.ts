/** A run of one worker: what it leaves is for itself, should it be interrupted while it trains a ranker. */
import type { CandidateMessage } from '../shared/model-stream.ts';
import type { ReplaceableParts } from '../shared/run-parts.ts';
import { run, type TrainerDeps } from './service.ts';

/** Resolves and rejects as `run` does. */
export async function runAlone(
  config: Parameters<typeof run>[0],
  deps: TrainerDeps,
  parts: ReplaceableParts,
): Promise<CandidateMessage[]> {
  // All else is quicker made again than kept.
  if (!config.models.some(({ ranker }) => ranker)) return run(config, deps);
  await parts.clearOthers();
  const announced = await run(config, { ...deps, parts, checkpoints: parts });
  await parts.clear([]);
  return announced;
}
