/** The operator's promotion on a laptop: gate, canary, bake and rollback by the same decisions and the same messages. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { PromotionSpec } from '../../crds/promotion.ts';
import type { ModelStatus } from '../../crds/status.ts';
import type { Broker, Producer } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import { activeKey, type ActiveMessage } from '../../services/shared/model-stream.ts';
import type { Clock } from '../../services/shared/service.ts';
import type { TrialFigures, TrialQuality } from '../../services/shared/trial-figures.ts';
import { lookAtTrial, type TrialSeen } from '../alarms.ts';
import { notingGate, streamGate } from '../gate.ts';
import { noteRecords, type Standings } from '../model-standings.ts';
import { decidePromotions } from '../promotions.ts';
import { createGateRuns, type GateRuns, type GateRunsOptions } from './gate-runs.ts';
import type { PromotionMemoryFiles } from './promotion-memory.ts';

export interface ActivationOptions {
  readonly broker: Broker;
  /** Name of the topic of the stream `models`. */
  readonly topic: string;
  /** Of the spec. */
  readonly models: readonly { readonly name: string }[];
  readonly promotion: PromotionSpec;
  readonly memory: PromotionMemoryFiles;
  readonly judge: GateRunsOptions['judge'];
  /** What serving has counted since the trial of this generation began. */
  readonly figuresOf: (trial: ActiveMessage) => Promise<TrialFigures | undefined>;
  /** What the watch over quality has counted since then. */
  readonly qualityOf: (trial: ActiveMessage) => TrialQuality | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onFatal: (error: unknown) => void;
}

export interface Activation {
  /** Of the first model; undefined: none is in service. */
  active(): ActiveMessage | undefined;
  /** As the last look found them, in the order of the spec. */
  models(): readonly ModelStatus[];
  close(): Promise<void>;
}

/** Between two looks at clock, wish and alarms; records of the stream are looked at as they come. */
const tickMs = 500;

export async function startActivation(options: ActivationOptions): Promise<Activation> {
  const { broker, topic, logger, clock, onFatal, judge } = options;
  const producer = await broker.producer();
  const stopped = new AbortController();
  const gates = createGateRuns({ judge, logger, now: () => clock.now() });
  const state: State = { standings: new Map(), models: [], announced: new Map() };
  let caughtUp = false;
  let wake: () => void = () => undefined;
  const follower = await broker.follow({
    topic,
    onRecords: async (_partition, records) => {
      const end = records.at(-1)!.offset + 1;
      state.standings = noteRecords(state.standings, records, end);
      wake();
    },
    onCaughtUp: () => {
      caughtUp = true;
      wake();
    },
    onFatal,
  });
  const attempt = createAttempt(logger);
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      if (caughtUp) await attempt(() => look(options, state, { producer, gates }));
      await Promise.race([woken, sleep(tickMs, undefined, { signal: stopped.signal })]);
    }
  };
  const done = loop().catch((error: unknown) => {
    if (!stopped.signal.aborted) onFatal(error);
  });
  return {
    active: () => options.models.map(({ name }) => state.standings.get(name)?.active).find((active) => active),
    models: () => state.models,
    close: async () => {
      stopped.abort();
      await Promise.all([follower.close(), done, gates.close()]);
      await producer.close();
    },
  };
}

interface State {
  standings: Standings;
  models: readonly ModelStatus[];
  /** By model: the generation that was sent last, which may not have come back yet. */
  readonly announced: Map<string, number>;
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
      if (!away) logger.warn({ code: error.code, error }, 'promotion is tried again');
      away = true;
    }
  };
}

interface Tools {
  readonly producer: Producer;
  readonly gates: GateRuns;
}

async function look(options: ActivationOptions, state: State, { producer, gates }: Tools): Promise<void> {
  const { models, promotion, memory, clock, topic, logger } = options;
  const trials = await lookAtTrials(options, state.standings);
  const { gate, asked } = notingGate(streamGate);
  const promotions = decidePromotions({
    now: clock.now(),
    spec: { models, training: { promotion } },
    previous: memory.load(),
    standings: state.standings,
    wish: memory.wish(),
    gate,
    trialOf: (model) => trials.get(model),
  });
  tell(logger, state.models, promotions.models);
  state.models = promotions.models;
  memory.save(promotions.models);
  gates.want(asked);
  for (const message of promotions.announcements) {
    if (message.generation <= (state.announced.get(message.model) ?? 0)) continue;
    const value = Buffer.from(JSON.stringify(message));
    await producer.send(topic, [{ partition: 0, key: activeKey(message.model), value }]);
    state.announced.set(message.model, message.generation);
    const { model, version, generation, canaryPercent } = message;
    logger.info({ model, version, generation, canaryPercent }, 'model announced');
  }
}

/** Only of those on trial: a model that answers all has nothing beside it. */
async function lookAtTrials(
  { figuresOf, qualityOf, promotion }: ActivationOptions,
  standings: Standings,
): Promise<ReadonlyMap<string, TrialSeen>> {
  const trials = [...standings.values()].flatMap(({ active }) => (active && active.canaryPercent < 100 ? active : []));
  const seen = trials.map(async (trial): Promise<[string, TrialSeen]> => {
    const figures = await figuresOf(trial);
    return [trial.model, lookAtTrial({ figures, quality: qualityOf(trial), limits: promotion.alarms })];
  });
  return new Map(await Promise.all(seen));
}

/** What a person would want to know: each new phase, and each refusal. */
function tell(logger: Logger, before: readonly ModelStatus[], after: readonly ModelStatus[]): void {
  after.forEach(({ name: model, phase, message, refusals = 0 }, index) => {
    const known = before[index];
    const isRefused = refusals > (known?.refusals ?? refusals);
    if (known?.phase === phase && !isRefused) return;
    const entry = { model, phase, refusals };
    if (isRefused) logger.error({ code: 'ModelRefused', ...entry }, message);
    else logger.info(entry, message);
  });
}
