/** One look at one candidate: reads what the stream says of it, its artifact and the log, judges, and says so. */
import type { KeyObject } from 'node:crypto';
import type { Broker } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import { judge, type Judgement } from '../../shared/learning/gate/judge.ts';
import { modelInputs } from '../../shared/learning/model-inputs.ts';
import type { ModelStore } from '../../shared/model-store.ts';
import { gateKey, type ActiveMessage, type CandidateMessage, type GateMessage } from '../../shared/model-stream.ts';
import type { Clock, Telemetry } from '../../shared/service.ts';
import type { GateConfig } from './config.ts';
import { judgeClassifier } from './judge-classifier.ts';
import { openCandidate, openOther, type Opened } from './open-models.ts';
import { readHoldOut } from './read-hold-out.ts';
import { readStanding } from './read-standing.ts';

export interface GateDeps {
  readonly broker: Broker;
  readonly models: ModelStore;
  /** Ed25519, public: one of them must have signed the candidate. */
  readonly trustedKeys: readonly KeyObject[];
  readonly clock: Clock;
  /** A clock of milliseconds, for durations only. */
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

type RunConfig = Pick<GateConfig, 'runId' | 'digest' | 'pipeline' | 'topics' | 'spec' | 'settings' | 'maxBytes'>;

/** Resolves with what was said. Rejects with `NotFound` where nobody has announced the candidate, and as broker and store do. */
export async function run(config: RunConfig, deps: GateDeps): Promise<GateMessage> {
  const { broker, telemetry } = deps;
  const { runId, digest, topics } = config;
  const standing = await readStanding(broker, topics.models, { runId, digest });
  const { candidate, active } = standing;
  if (candidate === undefined)
    throw new LikenessError('NotFound', `The stream models has no candidate ${digest} of the run ${runId}`);
  const judgement: Judgement =
    standing.judgedAs === undefined
      ? await judgeOne(candidate, active, config, deps)
      : refused(`its run has been judged before, as the artifact ${standing.judgedAs}`);
  const message = messageOf(candidate, active, judgement, deps.clock.now());
  await announce(broker, topics.models, message);
  const { verdict, reasons, figures } = judgement;
  telemetry.logger.info({ runId, version: candidate.version, verdict, reasons, figures }, 'candidate judged');
  return message;
}

const refused = (...reasons: string[]): Judgement => ({ verdict: 'Refused', reasons, figures: {} });

async function judgeOne(
  candidate: CandidateMessage,
  active: ActiveMessage | undefined,
  config: RunConfig,
  deps: GateDeps,
): Promise<Judgement> {
  const { spec } = config;
  if (!spec.models.some(({ name }) => name === candidate.model))
    return refused(`the spec has no model ${candidate.model}`);
  if (spec.models.some(({ name, classify }) => name === candidate.model && classify))
    return judgeClassifier(candidate, active, config, deps);
  return judgeRecommender(candidate, active, config, deps);
}

async function judgeRecommender(
  candidate: CandidateMessage,
  active: ActiveMessage | undefined,
  config: RunConfig,
  deps: GateDeps,
): Promise<Judgement> {
  const { spec, settings } = config;
  const inputs = modelInputs(spec, candidate.model);
  const opening = { ...deps, maxBytes: config.maxBytes, pipeline: config.pipeline, inputs };
  const inService = active && (await openOther(active, opening));
  const opened = await openCandidate(candidate, inService?.opened, opening);
  if ('problem' in opened) return refused(opened.problem);
  const { self, twin } = opened;
  const seed = Number.parseInt(self.digest.slice(0, 8), 16);
  const held = await readHoldOut({
    broker: deps.broker,
    topic: config.topics['events-clean'],
    inputs,
    mergeOn: spec.identity.mergeOn,
    offsets: self.manifest.offsets,
    since: self.manifest.since === undefined ? undefined : Date.parse(self.manifest.since),
    from: cutOf(self, inService?.opened?.self),
    seed,
  });
  if ('problem' in held) return refused(held.problem);
  const judgement = judge({
    candidate: { self, twin, seenUntil: held.seenUntil },
    active: inService?.opened,
    questions: held.questions,
    items: held.items,
    settings,
    now: deps.now,
    seed,
  });
  const unseen = inService && 'problem' in inService ? [`${inService.problem}, so it was not compared with it`] : [];
  return { ...judgement, reasons: [...judgement.reasons, ...unseen] };
}

/** Both are asked what their twins had not seen. */
function cutOf(candidate: Opened['self'], active: Opened['self'] | undefined): number {
  const cuts = [candidate, active].map((model) => Date.parse(model?.manifest.twin?.before ?? ''));
  return Math.max(...cuts.filter((cut) => !Number.isNaN(cut)));
}

function messageOf(
  { runId, model, version, digest }: CandidateMessage,
  active: ActiveMessage | undefined,
  { verdict, reasons, figures }: Judgement,
  now: number,
): GateMessage {
  const judgedAt = new Date(now).toISOString();
  return {
    kind: 'gate',
    runId,
    model,
    version,
    digest,
    against: active?.digest ?? null,
    verdict,
    reasons,
    figures,
    judgedAt,
  };
}

async function announce(broker: Broker, topic: string, message: GateMessage): Promise<void> {
  const producer = await broker.producer();
  try {
    const value = Buffer.from(JSON.stringify(message));
    await producer.send(topic, [{ partition: 0, key: gateKey(message.runId), value }]);
  } finally {
    await producer.close();
  }
}
