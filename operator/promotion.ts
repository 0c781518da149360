/**
 * One model's way into service: candidate → gate → some profiles → all of them, or back. Pure. Where it stands is read
 * from the stream `models` and from what the status remembers, so that a pass after any crash repeats a step or goes on.
 */
import type { ActiveMessage, CandidateMessage, GateMessage, ModelRef } from '../services/shared/model-stream.ts';
import type { TrialEvidence } from './alarms.ts';
import { lookAtBake } from './bake.ts';
import type { GateVerdict } from './gate.ts';

export interface StoredCandidate extends CandidateMessage {
  /** In the stream `models`. */
  readonly offset: number;
}

/** What the stream says of one model. */
export interface ModelStanding {
  /** Ascending offsets. */
  readonly candidates: readonly StoredCandidate[];
  /** The one of the highest generation. */
  readonly active: ActiveMessage | undefined;
  /** What the gate has said, the newest last. */
  readonly gates?: readonly GateMessage[];
  /** One past the last offset of the stream. */
  readonly end: number;
}

/** What a status keeps of it between two passes. */
export interface PromotionMemory {
  readonly generation: number;
  /** In a row, since a model last went into service for all. */
  readonly refusals: number;
  /** Candidates up to this offset are decided upon; -1: none. */
  readonly decided: number;
  /** The wish that was fulfilled last. */
  readonly asked: string | undefined;
  /** Why the last of them was refused. */
  readonly lastRefusal: string | undefined;
}

export interface PromotionInput {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly policy: 'Auto' | 'Manual';
  readonly canaryPercent: number;
  readonly bakeMs: number;
  /** So many answers or questions a trial needs to end well; 0: time alone ends it. */
  readonly minAnswers: number;
  readonly standing: ModelStanding;
  readonly memory: PromotionMemory;
  /** A person's wish: a version, and after an `@` whatever tells two wishes apart. */
  readonly wish: string | undefined;
  readonly judge: (candidate: StoredCandidate, active: StoredCandidate | undefined) => GateVerdict;
  /** Why a model on trial is to be taken back. */
  readonly alarm: string | undefined;
  /** What was seen of a model on trial. */
  readonly evidence: TrialEvidence;
}

export interface Promotion {
  readonly phase: 'None' | 'Judging' | 'AwaitingApproval' | 'Promoting' | 'Canary' | 'Active' | 'Held';
  /** For a person. */
  readonly message: string;
  /** The newest that is neither in service nor on trial. */
  readonly candidate: StoredCandidate | undefined;
  readonly memory: PromotionMemory;
  /** To be written to the stream; what it brings about is seen there. */
  readonly announce?: ActiveMessage;
  /** When the clock alone changes the outcome. */
  readonly until?: number;
  /** What has been waited for too long, since when, and what to do. */
  readonly silence?: string;
}

const refusalsUntilHeld = 3;
/** A gate that takes longer has something wrong with it. */
const gatePatienceMs = 600_000;
export const noMemory: PromotionMemory = {
  generation: 0,
  refusals: 0,
  decided: -1,
  asked: undefined,
  lastRefusal: undefined,
};

export function decidePromotion(given: PromotionInput): Promotion {
  const input = { ...given, memory: recalled(given) };
  const { active } = input.standing;
  const wished = wishedCandidate(input);
  if (wished !== undefined) return fulfil(input, wished);
  if (active !== undefined && active.canaryPercent < 100) return bake(input, active);
  return judgeNewest(input);
}

/** The stream is ahead of a status that could not be written any more. */
function recalled({ memory, standing: { active, end } }: PromotionInput): PromotionMemory {
  // A stream that ends before what was decided upon is another one.
  const decided = memory.decided < end ? memory.decided : -1;
  if (active === undefined) return { ...memory, decided };
  const isNews = active.generation > memory.generation;
  return {
    generation: Math.max(memory.generation, active.generation),
    decided: Math.max(decided, active.decided ?? -1),
    refusals: isNews ? (active.refusals ?? 0) : memory.refusals,
    asked: isNews ? (active.asked ?? memory.asked) : memory.asked,
    lastRefusal: memory.lastRefusal,
  };
}

function wishedCandidate({ wish, memory, standing }: PromotionInput): StoredCandidate | undefined {
  if (wish === undefined || wish === memory.asked) return undefined;
  return standing.candidates.findLast(({ version }) => version === wish.split('@')[0]);
}

/** A person's word is above the gate. Going back, and ending a trial early, is at once and for all. */
function fulfil(input: PromotionInput, wished: StoredCandidate): Promotion {
  const { standing, canaryPercent, wish } = input;
  const { active } = standing;
  const inService = standing.candidates.find(({ digest }) => digest === active?.digest);
  const isNews = active !== undefined && wished.offset > (inService?.offset ?? -1) && wished.digest !== active.digest;
  if (wished.digest === active?.digest && active.canaryPercent === 100)
    return judgeNewest({ ...input, memory: { ...input.memory, asked: wish } });
  const why = `a person has asked for it (${wish})`;
  // Whatever else was there to choose from, this was the choice.
  const decided = standing.candidates.at(-1)!.offset;
  return announce(input, wished, { percent: isNews ? canaryPercent : 100, why, refusals: 0, asked: wish, decided });
}

function bake(input: PromotionInput, active: ActiveMessage): Promotion {
  const { now, bakeMs, policy, minAnswers, evidence, alarm, memory } = input;
  const { version, stable, canaryPercent } = active;
  if (alarm !== undefined && stable !== undefined) {
    const why = `${version} was taken back while it was on trial: ${alarm}`;
    const remembered = { ...input, memory: { ...memory, lastRefusal: `${why}.` } };
    return announce(remembered, stable, { percent: 100, why, refusals: memory.refusals + 1 });
  }
  const begun = Date.parse(active.activatedAt);
  const baked = lookAtBake({ now, begun, bakeMs, policy, minAnswers, evidence });
  if (baked.isOver) return announce(input, active, { percent: 100, why: baked.why, refusals: 0 });
  const message = `${version} answers ${canaryPercent}% of the profiles ${baked.awaits}.`;
  const trial = { message, candidate: newest(input), memory };
  return baked.until === undefined
    ? { phase: 'AwaitingApproval', ...trial }
    : { phase: 'Canary', ...trial, until: baked.until };
}

function judgeNewest(input: PromotionInput): Promotion {
  const { standing, memory, policy, wish } = input;
  const { active, candidates } = standing;
  const candidate = newest(input);
  const missing = wish !== undefined && wish !== memory.asked ? ` There is no version ${wish.split('@')[0]}.` : '';
  if (candidate === undefined || candidate.offset <= memory.decided || memory.refusals >= refusalsUntilHeld)
    return { ...atRest(input), candidate, message: atRest(input).message + missing };
  const inService = candidates.find(({ digest }) => digest === active?.digest);
  const { verdict, reason } = input.judge(candidate, inService);
  const { version } = candidate;
  if (verdict === 'Pending') return awaitGate(input, candidate, `${reason}.${missing}`);
  if (verdict === 'Refused') return refuse(input, candidate, reason);
  if (policy === 'Manual') {
    const message = `${version} passed the gate: ${reason}. Approve it with likeness promote.${missing}`;
    return { phase: 'AwaitingApproval', message, candidate, memory };
  }
  const percent = active === undefined ? 100 : input.canaryPercent;
  const decided = candidate.offset;
  return announce(input, candidate, { percent, why: reason, refusals: memory.refusals, decided });
}

/** It is waited for as long as it takes; after a while that is said aloud. */
function awaitGate(input: PromotionInput, candidate: StoredCandidate, reason: string): Promotion {
  const { now, memory, standing } = input;
  const { version, trainedAt } = candidate;
  const until = Date.parse(trainedAt) + gatePatienceMs;
  const meanwhile = standing.active ? `${standing.active.version} goes on answering` : 'no model is in service';
  const message =
    `The gate has not judged ${version}, for which it is waited since ${trainedAt}: ${reason} Until then ${meanwhile}. ` +
    'Look at what the gate waits for, or put the model into service by likeness promote.';
  const waiting = { phase: 'Judging', message, candidate, memory } as const;
  // A time that cannot be read is no reason to be quiet.
  return now < until ? { ...waiting, until } : { ...waiting, silence: message };
}

function refuse(input: PromotionInput, candidate: StoredCandidate, reason: string): Promotion {
  const refusals = input.memory.refusals + 1;
  const lastRefusal = `${candidate.version} was refused: ${reason}.`;
  return atRest({ ...input, memory: { ...input.memory, refusals, lastRefusal, decided: candidate.offset } });
}

/** Nothing is to be done, until somebody else does something. */
function atRest(input: PromotionInput): Promotion {
  const { memory, standing } = input;
  const { active } = standing;
  const isHeld = memory.refusals >= refusalsUntilHeld;
  const parts = [
    active ? `${active.version} answers all profiles.` : 'No model is in service yet.',
    ...(memory.refusals > 0 && memory.lastRefusal !== undefined ? [memory.lastRefusal] : []),
    ...(isHeld ? [`${memory.refusals} in a row were refused: look at their metrics, then likeness promote one.`] : []),
  ];
  const phase = isHeld ? 'Held' : active === undefined ? 'None' : 'Active';
  return { phase, message: parts.join(' '), candidate: newest(input), memory };
}

function newest({ standing: { candidates, active } }: PromotionInput): StoredCandidate | undefined {
  return candidates.findLast(({ digest }) => digest !== active?.digest && digest !== active?.stable?.digest);
}

interface Announcing {
  readonly percent: number;
  readonly why: string;
  readonly refusals: number;
  readonly asked?: string | undefined;
  /** Default: as before. */
  readonly decided?: number;
}

function announce(input: PromotionInput, chosen: ModelRef, announcing: Announcing): Promotion {
  const { standing, memory, now } = input;
  const { percent, why, refusals, asked = memory.asked, decided = memory.decided } = announcing;
  const { active, candidates } = standing;
  const model = active?.model ?? candidates[0]!.model;
  const stable = stableBeside(chosen, active);
  const message: ActiveMessage = {
    kind: 'active',
    model,
    version: chosen.version,
    digest: chosen.digest,
    generation: memory.generation + 1,
    canaryPercent: percent,
    activatedAt: new Date(now).toISOString(),
    ...(stable && { stable }),
    decided,
    refusals,
    ...(asked !== undefined && { asked }),
  };
  return {
    phase: 'Promoting',
    message: `${chosen.version} is being announced for ${message.canaryPercent}% of the profiles: ${why}.`,
    candidate: newest(input),
    memory,
    announce: message,
  };
}

/** What the chosen one takes over from: who answers most profiles now. */
function stableBeside(chosen: ModelRef, active: ActiveMessage | undefined): ModelRef | undefined {
  if (active === undefined) return undefined;
  const { version, digest } = active;
  const before = active.canaryPercent < 100 ? active.stable : { version, digest };
  return before?.digest === chosen.digest ? undefined : before;
}
