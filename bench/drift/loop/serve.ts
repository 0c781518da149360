/** Which model answers whom, and how well: the way of candidates into service, by the rules of the operator. */
import { durationMs } from '../../../crds/scalars.ts';
import { raiseAlarm } from '../../../operator/alarms.ts';
import { type Gate, notingGate, streamGate } from '../../../operator/gate.ts';
import { noteRecords, type Standings } from '../../../operator/model-standings.ts';
import { decidePromotion, noMemory, type Promotion, type PromotionMemory } from '../../../operator/promotion.ts';
import { activeKey, type ActiveMessage } from '../../../services/shared/model-stream.ts';
import type { ArmQuality } from '../../../services/shared/trial-figures.ts';
import { isOnTrial } from '../../../services/shared/trial.ts';
import { watchModel, type WatchedModel } from '../../../services/feature/monitor/watched-model.ts';
import { judge } from './learn.ts';
import { topics, type LoopPipeline } from './pipeline.ts';

export interface Serving {
  /** The one that answers this profile; undefined before the first. */
  modelOf(profile: string): WatchedModel | undefined;
  /** The one that answers whoever is not on trial: whose quality is watched. */
  stable(): WatchedModel | undefined;
  /** Counts what came of a question, for the alarms. */
  count(model: WatchedModel, hit: boolean): void;
  /** Judges, announces and swaps until nothing is left to do. */
  settle(): Promise<void>;
}

/** What happened on the way, for people. */
export type Tell = (kind: 'gate' | 'canary' | 'active' | 'rollback', text: string) => void;

interface State {
  standings: Standings;
  read: number;
  memory: PromotionMemory;
  active: ActiveMessage | undefined;
  canary: WatchedModel | undefined;
  stable: WatchedModel | undefined;
  readonly quality: Map<string, { questions: number; hits: number }>;
}

export function createServing(pipeline: LoopPipeline, tell: Tell): Serving {
  const state: State = {
    standings: new Map(),
    read: 0,
    memory: noMemory,
    active: undefined,
    canary: undefined,
    stable: undefined,
    quality: new Map(),
  };
  return {
    modelOf: (profile) => {
      const { active, canary, stable } = state;
      if (canary === undefined || active === undefined) return stable;
      return isOnTrial(profile, active.digest, active.canaryPercent) ? canary : stable;
    },
    stable: () => state.stable,
    count: ({ digest }, hit) => {
      const counted = state.quality.get(digest) ?? { questions: 0, hits: 0 };
      state.quality.set(digest, counted);
      counted.questions++;
      if (hit) counted.hits++;
    },
    settle: async () => {
      while (await advance(pipeline, state, tell));
    },
  };
}

/** One step; false: there is nothing more to do now. */
async function advance(pipeline: LoopPipeline, state: State, tell: Tell): Promise<boolean> {
  const { log, inputs } = pipeline;
  const records = log.since(topics.models, state.read);
  state.read += records.length;
  state.standings = noteRecords(state.standings, records, state.read);
  const noting = notingGate(streamGate);
  const promotion = decide(pipeline, state, noting.gate);
  if (promotion === undefined) return false;
  const { memory, announce, message } = promotion;
  if (memory.decided > state.memory.decided && announce === undefined) tell('gate', message);
  state.memory = memory;
  for (const asked of noting.asked) await judge(pipeline, asked);
  if (announce === undefined) return noting.asked.length > 0;
  log.append(topics.models, [{ key: activeKey(inputs.name), value: Buffer.from(JSON.stringify(announce)) }]);
  await swap(pipeline, state, announce);
  tell(kindOf(announce, promotion), message);
  return true;
}

function kindOf({ canaryPercent }: ActiveMessage, { memory, announce }: Promotion): 'canary' | 'active' | 'rollback' {
  if (canaryPercent < 100) return 'canary';
  return (announce?.refusals ?? 0) > memory.refusals ? 'rollback' : 'active';
}

function decide(
  { spec, inputs, clock }: LoopPipeline,
  { standings, memory, active, quality }: State,
  gate: Gate,
): Promotion | undefined {
  const standing = standings.get(inputs.name);
  if (standing === undefined) return undefined;
  const { policy, canaryPercent, bakeTime, minAnswers, alarms } = spec.training.promotion;
  const armOf = ({ version, digest }: { version: string; digest: string }): ArmQuality => ({
    version,
    ...(quality.get(digest) ?? { questions: 0, hits: 0 }),
  });
  const trial = active?.stable && { canary: armOf(active), stable: armOf(active.stable) };
  return decidePromotion({
    now: clock.now(),
    policy,
    canaryPercent,
    bakeMs: durationMs(bakeTime),
    minAnswers,
    standing,
    memory,
    wish: undefined,
    judge: (candidate, inService) => gate.judge(candidate, inService, standing),
    alarm: raiseAlarm({ figures: undefined, quality: trial, limits: alarms }),
    // Here each answer is a question.
    evidence: { answers: trial?.canary.questions ?? 0, questions: trial?.canary.questions ?? 0 },
  });
}

async function swap(pipeline: LoopPipeline, state: State, message: ActiveMessage): Promise<void> {
  const { inputs, history, compiled } = pipeline;
  const watch = async (digest: string): Promise<WatchedModel> => {
    const known = [state.canary, state.stable].find((model) => model?.digest === digest);
    if (known !== undefined) return { ...known, generation: message.generation };
    const loaded = await pipeline.open(digest);
    return watchModel({ loaded, generation: message.generation, inputs, history, compiled });
  };
  const isTrial = message.canaryPercent < 100 && message.stable !== undefined;
  const chosen = await watch(message.digest);
  if (isTrial) state.stable = await watch(message.stable!.digest);
  [state.canary, state.stable] = isTrial ? [chosen, state.stable] : [undefined, chosen];
  state.active = message;
  state.quality.clear();
}
