/** What a manifest says of the skew between serving and training: the figure `skew`, and what it was measured on. */
import { LikenessError } from '../shared/errors.ts';
import type { Manifest } from '../shared/learning/manifest.ts';
import { definitionOfValues } from '../shared/learning/skew/served-vector.ts';
import { isFirst, type Team } from '../shared/learning/team.ts';
import type { Broker } from '../shared/broker.ts';
import type { Telemetry } from '../shared/service.ts';
import { compileFeatures } from '../shared/profile/compile.ts';
import type { TrainerConfig } from './config.ts';
import { measureSkew } from './measure-skew.ts';

export type SkewFacts = Pick<Manifest, 'metrics' | 'report'>;
const nothing: SkewFacts = { metrics: {}, report: {} };

interface Measuring {
  readonly broker: Broker;
  readonly team: Team;
  readonly telemetry: Telemetry;
}

type SkewConfig = Pick<TrainerConfig, 'mergeOn' | 'topics'> & Partial<Pick<TrainerConfig, 'classify'>>;

/** Nothing where nobody has logged what was served, or another worker is the first. Rejects as the broker does. */
export async function skewFacts({ classify, mergeOn, topics }: SkewConfig, deps: Measuring): Promise<SkewFacts> {
  if (!isFirst(deps.team) || classify === undefined) return nothing;
  const { broker, telemetry } = deps;
  const { features, events, dedupeWindowMs } = classify;
  const compiled = compileFeatures(features, events, { mergeOn });
  const definition = definitionOfValues(compiled, events);
  const check = { broker, predictions: topics.predictions, clean: topics['events-clean'] };
  const measured = await measureSkew({ ...check, compiled, definition, dedupeWindowMs }).catch(unlessMissing);
  if (measured === undefined) return nothing;
  const { vectors, unchecked, skew, maxDifference, worst } = measured;
  if (skew > 0) telemetry.logger.error({ code: 'Skewed', ...measured }, 'serving and training see different values');
  else telemetry.logger.info(measured, 'skew measured');
  const report = { skewVectors: vectors, skewUnchecked: unchecked, skewMaxDifference: maxDifference };
  return { metrics: vectors > 0 ? { skew } : {}, report: { ...report, ...(worst && { skewWorst: worst }) } };
}

/** Nobody has asked for anything yet. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof LikenessError && error.code === 'NotFound') return undefined;
  throw error;
}
