/** What a ranker is trained with, among it the one in service, from which it may begin. */
import { LikenessError } from '../shared/errors.ts';
import { openArtifact } from '../shared/learning/artifact.ts';
import { rankerOf } from '../shared/learning/ranker/ranker-blend.ts';
import type { RankerDeps } from '../shared/learning/ranker/stage.ts';
import { publicKeyOf } from '../shared/learning/signing.ts';
import { readModelMessage, type ModelMessage } from '../shared/model-messages.ts';
import type { ActiveMessage } from '../shared/model-stream.ts';
import type { TrainerConfig } from './config.ts';
import type { TrainerDeps } from './service.ts';

type Topics = Pick<TrainerConfig, 'topics'>;

const noTensors = (): Promise<never> =>
  Promise.reject(
    new LikenessError('TensorsUnavailable', 'A ranker is to be trained, and this trainer has no tensor library'),
  );

/** Nothing is told to end where nobody listens. */
const uninterrupted: RankerDeps['interruptible'] = (work) => work(() => Promise.resolve(false));

export async function rankerDepsOf(model: string, config: Topics, deps: TrainerDeps): Promise<RankerDeps> {
  const { tensors = noTensors, checkpoints, interruptible = uninterrupted, telemetry } = deps;
  const onProgress = (phase: string): void => telemetry.logger.info({ model, phase }, 'ranker');
  const active = await activeRanker(model, config, deps);
  return { tensors, checkpoints, interruptible, onProgress, active };
}

/** undefined: none serves, it has no ranker, or it is no longer what this trainer can open; then training begins anew. */
async function activeRanker(model: string, { topics }: Topics, deps: TrainerDeps): Promise<RankerDeps['active']> {
  const message = await newestActive(model, topics.models, deps);
  if (message === undefined) return undefined;
  try {
    const files = await deps.models.get(message.digest);
    const { recommender, manifest } = openArtifact(files, [publicKeyOf(deps.signingKey)], message.digest);
    const ranker = rankerOf(recommender);
    return ranker && { ranker, trainedAt: Date.parse(manifest.trainedAt) };
  } catch (error) {
    if (!(error instanceof LikenessError) || error.retryable) throw error;
    const { digest } = message;
    deps.telemetry.logger.warn(
      { code: error.code, error, model, digest },
      'the ranker does not begin with the active one',
    );
    return undefined;
  }
}

async function newestActive(model: string, topic: string, { broker }: TrainerDeps): Promise<ActiveMessage | undefined> {
  let newest: ActiveMessage | undefined;
  for (const { partition, low, high } of await broker.offsets(topic))
    for await (const records of broker.read({ topic, partition, from: low, to: high }))
      for (const { key, value } of records) newest = newerOf(newest, readModelMessage({ key, value }), model);
  return newest;
}

function newerOf(newest: ActiveMessage | undefined, message: ModelMessage | undefined, model: string) {
  const isActive = message?.kind === 'active' && message.model === model;
  return isActive && message.generation > (newest?.generation ?? -1) ? message : newest;
}
