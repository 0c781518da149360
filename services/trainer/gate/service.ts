/** One look at one candidate: reads what the stream says of it, its artifact and the log, judges, and says so. */
import type { Broker } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import { refusal, type Judgement } from '../../shared/learning/gate/judge.ts';
import { gateKey, type ActiveMessage, type CandidateMessage, type GateMessage } from '../../shared/model-stream.ts';
import type { GateDeps, Judging, RunConfig } from './deps.ts';
import { judgeClassifier } from './judge-classifier.ts';
import { judgeRecommender } from './judge-recommender.ts';
import { readStanding } from './read-standing.ts';

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
      ? await judgeOne({ candidate, active }, config, deps)
      : refusal(`its run has been judged before, as the artifact ${standing.judgedAs}`);
  const message = messageOf(candidate, active, judgement, deps.clock.now());
  await announce(broker, topics.models, message);
  const { verdict, reasons, figures } = judgement;
  telemetry.logger.info({ runId, version: candidate.version, verdict, reasons, figures }, 'candidate judged');
  return message;
}

async function judgeOne(judging: Judging, config: RunConfig, deps: GateDeps): Promise<Judgement> {
  const { model: name } = judging.candidate;
  const model = config.spec.models.find((one) => one.name === name);
  if (model === undefined) return refusal(`the spec has no model ${name}`);
  return model.classify ? judgeClassifier(judging, config, deps) : judgeRecommender(judging, config, deps);
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
