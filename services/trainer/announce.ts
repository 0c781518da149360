/** Puts a sealed artifact into the model store and says in the stream `models` that it is there. */
import type { SealedArtifact } from '../shared/learning/artifact.ts';
import { candidateKey, type CandidateMessage } from '../shared/model-stream.ts';
import type { TrainerConfig } from './config.ts';
import type { TrainerDeps } from './service.ts';

type Announcing = Pick<TrainerDeps, 'broker' | 'models' | 'telemetry'>;

export async function announce(
  { manifest, digest, files }: SealedArtifact,
  { topics }: Pick<TrainerConfig, 'topics'>,
  { broker, models, telemetry }: Announcing,
): Promise<CandidateMessage> {
  await models.put(digest, files);
  const { kind: _kind, model, version, runId, trainedAt, events, metrics } = manifest;
  const candidate: CandidateMessage = { kind: 'candidate', runId, model, version, digest, trainedAt, events, metrics };
  const producer = await broker.producer();
  try {
    const value = Buffer.from(JSON.stringify(candidate));
    await producer.send(topics.models, [{ partition: 0, key: candidateKey(runId), value }]);
  } finally {
    await producer.close();
  }
  telemetry.logger.info({ runId, model, version, digest, events, metrics }, 'candidate announced');
  return candidate;
}
