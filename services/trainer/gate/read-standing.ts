/** What the stream `models` says of one candidate now. */
import type { Broker } from '../../shared/broker.ts';
import { readModelMessage, type ModelMessage } from '../../shared/model-messages.ts';
import type { ActiveMessage, CandidateMessage } from '../../shared/model-stream.ts';

export interface Standing {
  readonly candidate: CandidateMessage | undefined;
  /** Of the same model. */
  readonly active: ActiveMessage | undefined;
  /** Digest of another artifact of the same run that the gate has judged already. */
  readonly judgedAs: string | undefined;
}

export async function readStanding(
  broker: Broker,
  topic: string,
  { runId, digest }: Pick<CandidateMessage, 'runId' | 'digest'>,
): Promise<Standing> {
  const messages = await readAll(broker, topic);
  const candidate = messages
    .filter((message) => message.kind === 'candidate')
    .findLast((message) => message.runId === runId && message.digest === digest);
  const judged = messages
    .filter((message) => message.kind === 'gate')
    .findLast((message) => message.runId === runId && message.digest !== digest);
  // Of equal generations the first counts, as for everybody who follows the stream.
  const actives = messages
    .filter((message) => message.kind === 'active')
    .filter(({ model }) => model === candidate?.model)
    .toSorted((a, b) => b.generation - a.generation);
  return { candidate, active: actives[0], judgedAs: judged?.digest };
}

async function readAll(broker: Broker, topic: string): Promise<ModelMessage[]> {
  const [held] = await broker.offsets(topic);
  const { low = 0, high = 0 } = held ?? {};
  const messages: ModelMessage[] = [];
  for await (const records of broker.read({ topic, partition: 0, from: low, to: high }))
    messages.push(...records.map(readModelMessage).filter((message) => message !== undefined));
  return messages;
}
