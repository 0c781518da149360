/** The records of the stream `models` → what it says of each model. Pure. */
import type { BrokerRecord } from '../../../services/shared/broker.ts';
import {
  activeKey,
  candidateKey,
  type ActiveMessage,
  type CandidateMessage,
} from '../../../services/shared/model-stream.ts';
import type { ModelStanding, StoredCandidate } from '../../promotion.ts';

/** By name of the model. */
export type Standings = ReadonlyMap<string, ModelStanding>;

/** So far back a person can go, and so many are kept in memory of each model. */
const keptCandidates = 20;

/** What is no message of ours is passed over: serving counts it. */
export function noteRecords(standings: Standings, records: readonly BrokerRecord[], end: number): Standings {
  const noted = new Map(standings);
  for (const record of records) note(noted, record);
  return new Map([...noted].map(([model, standing]) => [model, { ...standing, end }]));
}

function note(standings: Map<string, ModelStanding>, { key, value, offset }: BrokerRecord): void {
  const message = value === null || key === null ? undefined : parse(value);
  if (message === undefined) return;
  const { candidates, active, end } = standings.get(message.model) ?? { candidates: [], active: undefined, end: 0 };
  if (isCandidate(message) && key === candidateKey(message.runId)) {
    const others = candidates.filter(({ runId }) => runId !== message.runId);
    const kept = [...others, { ...message, offset } satisfies StoredCandidate].slice(-keptCandidates);
    standings.set(message.model, { candidates: kept, active, end });
  }
  if (isActive(message) && key === activeKey(message.model) && message.generation > (active?.generation ?? 0))
    standings.set(message.model, { candidates, active: message, end });
}

function parse(value: Uint8Array): { readonly kind?: unknown; readonly model: string } | undefined {
  try {
    const message: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    return hasTexts(message, ['model', 'version', 'digest']) ? (message as { readonly model: string }) : undefined;
  } catch {
    return undefined;
  }
}

function isCandidate(message: object): message is CandidateMessage {
  const { kind, metrics } = message as Partial<CandidateMessage>;
  return kind === 'candidate' && hasTexts(message, ['runId']) && typeof metrics === 'object' && metrics !== null;
}

function isActive(message: object): message is ActiveMessage {
  const { kind, generation, canaryPercent } = message as Partial<ActiveMessage>;
  return kind === 'active' && Number.isSafeInteger(generation) && Number.isFinite(canaryPercent);
}

function hasTexts(message: unknown, fields: readonly string[]): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const found = message as Record<string, unknown>;
  return fields.every((field) => typeof found[field] === 'string' && found[field] !== '');
}
