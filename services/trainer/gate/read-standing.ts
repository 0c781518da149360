/** What the stream `models` says of one candidate now. */
import type { Broker } from '../../shared/broker.ts';
import { readModelMessage } from '../../shared/model-messages.ts';
import type { ActiveMessage, CandidateMessage, GateMessage } from '../../shared/model-stream.ts';

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
  let candidate: CandidateMessage | undefined;
  let judged: GateMessage | undefined;
  const actives = new Map<string, ActiveMessage>();
  const [held] = await broker.offsets(topic);
  const { low = 0, high = 0 } = held ?? {};
  for await (const records of broker.read({ topic, partition: 0, from: low, to: high }))
    for (const record of records) {
      const message = readModelMessage(record);
      if (message?.kind === 'candidate' && message.runId === runId && message.digest === digest) candidate = message;
      if (message?.kind === 'gate' && message.runId === runId && message.digest !== digest) judged = message;
      if (message?.kind === 'active' && message.generation > (actives.get(message.model)?.generation ?? 0))
        actives.set(message.model, message);
    }
  return { candidate, active: candidate && actives.get(candidate.model), judgedAs: judged?.digest };
}
