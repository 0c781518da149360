/** Makes a valid candidate active: the laptop's stand-in for the operator's promotion, with the same messages. */
import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Broker, BrokerRecord, Producer } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import { openArtifact } from '../../services/shared/learning/artifact.ts';
import type { ModelStore } from '../../services/shared/model-store.ts';
import { activeKey, type ActiveMessage, type CandidateMessage } from '../../services/shared/model-stream.ts';
import type { Clock } from '../../services/shared/service.ts';

export interface ActivationOptions {
  readonly broker: Broker;
  readonly models: ModelStore;
  /** Name of the topic of the stream `models`. */
  readonly topic: string;
  /** An artifact signed by another key is refused. */
  readonly trustedKeys: readonly KeyObject[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onFatal: (error: unknown) => void;
}

export interface Activation {
  active(): ActiveMessage | undefined;
  close(): Promise<void>;
}

/** What the stream says of one model: the newest candidate not yet judged, and what is active. */
interface Standing {
  candidate?: CandidateMessage;
  active?: ActiveMessage;
}

const retryMs = 250;

export async function startActivation(options: ActivationOptions): Promise<Activation> {
  const producer = await options.broker.producer();
  const standings = new Map<string, Standing>();
  const stopped = new AbortController();
  let caughtUp = false;
  // One after another: two at once would give two candidates the same generation.
  let judging = Promise.resolve();
  const judgeAll = () => {
    judging = judging
      .then(() => judgeUntilDone(standings, { producer, options, signal: stopped.signal }))
      .catch((error: unknown) => {
        if (!stopped.signal.aborted) options.onFatal(error);
      });
  };
  const follower = await options.broker.follow({
    topic: options.topic,
    onRecords: async (_partition, records) => {
      for (const record of records) note(standings, record);
      if (caughtUp) judgeAll();
    },
    onCaughtUp: () => {
      caughtUp = true;
      judgeAll();
    },
    onFatal: options.onFatal,
  });
  return {
    active: () => [...standings.values()].find((standing) => standing.active)?.active,
    close: async () => {
      stopped.abort();
      await follower.close();
      await judging;
      await producer.close();
    },
  };
}

/** The newest candidate of a model waits to be judged; an `active` settles the one it names, whoever wrote it. */
function note(standings: Map<string, Standing>, record: BrokerRecord): void {
  if (record.value === null) return;
  const message = JSON.parse(Buffer.from(record.value).toString()) as CandidateMessage | ActiveMessage;
  const standing = standings.get(message.model) ?? {};
  standings.set(message.model, standing);
  if (message.kind === 'candidate') standing.candidate = message;
  else if (message.generation > (standing.active?.generation ?? 0)) {
    standing.active = message;
    if (standing.candidate?.digest === message.digest) delete standing.candidate;
  }
}

interface Judging {
  readonly producer: Producer;
  readonly options: ActivationOptions;
  readonly signal: AbortSignal;
}

/** Repeats while the broker or the model store is away, and says once that it is. */
async function judgeUntilDone(standings: ReadonlyMap<string, Standing>, judging: Judging): Promise<void> {
  const { producer, options, signal } = judging;
  for (let attempt = 1; !signal.aborted; attempt++)
    try {
      for (const standing of standings.values()) await judge(standing, producer, options);
      return;
    } catch (error) {
      if (!(error instanceof LikenessError) || !error.retryable) throw error;
      if (attempt === 1) options.logger.warn({ code: error.code, error }, 'activation is tried again');
      await sleep(retryMs, undefined, { signal });
    }
}

async function judge(standing: Standing, producer: Producer, options: ActivationOptions): Promise<void> {
  const { candidate } = standing;
  if (candidate === undefined) return;
  const { logger, models, trustedKeys } = options;
  try {
    openArtifact(await models.get(candidate.digest), trustedKeys, candidate.digest);
  } catch (error) {
    if (!(error instanceof LikenessError) || error.retryable) throw error;
    logger.error({ code: error.code, error, version: candidate.version }, 'candidate refused');
    return settle(standing, candidate);
  }
  const active: ActiveMessage = {
    kind: 'active',
    model: candidate.model,
    version: candidate.version,
    digest: candidate.digest,
    generation: (standing.active?.generation ?? 0) + 1,
    canaryPercent: 100,
    activatedAt: new Date(options.clock.now()).toISOString(),
  };
  const value = Buffer.from(JSON.stringify(active));
  await producer.send(options.topic, [{ partition: 0, key: activeKey(active.model), value }]);
  standing.active = active;
  settle(standing, candidate);
  logger.info({ version: active.version, generation: active.generation }, 'model activated');
}

/** Only once it is decided: until then it must be found again. A newer one may have taken its place meanwhile. */
function settle(standing: Standing, candidate: CandidateMessage): void {
  if (standing.candidate === candidate) delete standing.candidate;
}
