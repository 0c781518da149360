/** What the watch over quality has found of a model on trial, for the alarms. Pure. */
import type { DriftReport } from '../services/shared/learning/drift/verdict.ts';
import type { ActiveMessage } from '../services/shared/model-stream.ts';
import type { TrialQuality } from '../services/shared/trial-figures.ts';

/** Of this very trial; undefined: nobody has asked both models yet. */
export function trialQualityIn(
  report: DriftReport | undefined,
  { model, version, digest, generation, stable }: ActiveMessage,
): TrialQuality | undefined {
  const standing = report?.standings.find((one) => one.model === model && one.version === stable?.version);
  const counts = standing?.trial;
  if (standing === undefined || counts?.generation !== generation || counts.digest !== digest) return undefined;
  const { questions, hits, stableHits } = counts;
  return {
    canary: { version, questions, hits },
    stable: { version: standing.version, questions, hits: stableHits },
  };
}
