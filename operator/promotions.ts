/** Models of a pipeline on their way into service: status and stream → status, and what is to be announced. Pure. */
import type { PromotionSpec } from '../crds/promotion.ts';
import { durationMs } from '../crds/scalars.ts';
import type { ModelStatus, ModelVersion, PipelineStatus } from '../crds/status.ts';
import type { ActiveMessage, ModelRef } from '../services/shared/model-stream.ts';
import { noEvidence, type TrialSeen } from './alarms.ts';
import type { Gate } from './gate.ts';
import {
  decidePromotion,
  noMemory,
  type ModelStanding,
  type Promotion,
  type PromotionMemory,
  type StoredCandidate,
} from './promotion.ts';
import { cut, timestamp } from './kubernetes/runtime/conditions.ts';
import type { Standings } from './model-standings.ts';

export interface PromotionsInput {
  readonly now: number;
  readonly spec: {
    readonly models: readonly { readonly name: string }[];
    readonly training: {
      readonly promotion: Pick<PromotionSpec, 'policy' | 'canaryPercent' | 'bakeTime' | 'minAnswers'>;
    };
  };
  readonly previous: PipelineStatus | undefined;
  readonly standings: Standings;
  /** What a person has asked for: in a cluster the value of the annotation likeness.dev/promote. */
  readonly wish: string | undefined;
  readonly gate: Gate;
  /** What was seen of the trial of the model of this name; undefined: nothing. */
  readonly trialOf?: (model: string) => TrialSeen | undefined;
}

export interface Promotions {
  /** In the order of the spec. */
  readonly models: readonly ModelStatus[];
  readonly announcements: readonly ActiveMessage[];
  readonly until: number | undefined;
  /** Of a gate that has been silent for too long; undefined: of none. */
  readonly silence: string | undefined;
}

/** A rollout's short gaps take no model back. */
const alarmAfterMs = 60_000;
const unknown: ModelStanding = { candidates: [], active: undefined, end: 0 };

export function decidePromotions(input: PromotionsInput): Promotions {
  const names = input.spec.models.map(({ name }) => name);
  const decided = names.map((name, index) => {
    const standing = input.standings.get(name) ?? unknown;
    const wish = isAbout(input, standing) || index === 0 ? input.wish : undefined;
    return { name, standing, promotion: decideOne({ ...input, wish }, name, standing) };
  });
  const silences = decided.flatMap(({ name, promotion: { silence } }) => (silence ? [`${name}: ${silence}`] : []));
  const waits = decided.flatMap(({ promotion: { until } }) => until ?? []);
  return {
    models: decided.map(({ name, standing, promotion }) => describe(name, standing, promotion)),
    announcements: decided.flatMap(({ promotion: { announce } }) => announce ?? []),
    until: waits.length > 0 ? Math.min(...waits) : undefined,
    silence: silences.length > 0 ? silences.join(' ') : undefined,
  };
}

/** A version belongs to one model; the first one says that there is none. */
function isAbout({ wish }: PromotionsInput, { candidates }: ModelStanding): boolean {
  return wish !== undefined && candidates.some(({ version }) => version === wish.split('@')[0]);
}

function decideOne(input: PromotionsInput, name: string, standing: ModelStanding): Promotion {
  const { now, spec, previous, wish, gate, trialOf } = input;
  const { policy, canaryPercent, bakeTime, minAnswers } = spec.training.promotion;
  const seen = trialOf?.(name);
  return decidePromotion({
    now,
    policy,
    canaryPercent,
    bakeMs: durationMs(bakeTime),
    minAnswers,
    standing,
    memory: memoryIn(statusOfModel(previous, name)),
    wish,
    judge: (candidate, active) => gate.judge(candidate, active, standing),
    alarm: seen?.alarm ?? alarmIn(previous, now),
    evidence: seen?.evidence ?? noEvidence,
  });
}

function statusOfModel(status: PipelineStatus | undefined, name: string): ModelStatus | undefined {
  return [...(status?.model ? [status.model] : []), ...(status?.otherModels ?? [])].find(
    (model) => model.name === name,
  );
}

function memoryIn(model: ModelStatus | undefined): PromotionMemory {
  if (model === undefined) return noMemory;
  const { generation = 0, refusals = 0, decided = -1, handledPromote: asked, lastRefusal } = model;
  return { generation, refusals, decided, asked, lastRefusal };
}

function alarmIn(status: PipelineStatus | undefined, now: number): string | undefined {
  const serving = status?.conditions?.find(({ type }) => type === 'ServingReady');
  if (serving?.status !== 'False' || serving.reason === 'Suspended') return undefined;
  return now - Date.parse(serving.lastTransitionTime) < alarmAfterMs ? undefined : serving.message;
}

function describe(name: string, { active, candidates }: ModelStanding, promotion: Promotion): ModelStatus {
  const { phase, message, candidate, memory, until } = promotion;
  const runIdOf = (ref: ModelRef) => candidates.find(({ digest }) => digest === ref.digest)?.runId;
  return {
    name,
    phase,
    message: cut(message, 1024),
    ...(active && {
      active: { ...versionOf(active, runIdOf(active)), promotedAt: timestamp(Date.parse(active.activatedAt)) },
      generation: active.generation,
      canaryPercent: active.canaryPercent,
    }),
    ...(candidate && { candidate: versionOf(candidate, candidate.runId) }),
    ...(active?.stable && { lastStable: versionOf(active.stable, runIdOf(active.stable)) }),
    ...(phase === 'Canary' && until !== undefined && { bakeUntil: timestamp(until) }),
    refusals: memory.refusals,
    ...(memory.decided >= 0 && { decided: memory.decided }),
    ...(memory.lastRefusal !== undefined &&
      (memory.refusals > 0 || phase === 'Promoting') && { lastRefusal: cut(memory.lastRefusal, 1024) }),
    ...(memory.asked !== undefined && { handledPromote: memory.asked }),
  };
}

function versionOf({ version, digest }: ModelRef | StoredCandidate, runId: string | undefined): ModelVersion {
  return { version, digest, ...(runId !== undefined && { runId }) };
}
