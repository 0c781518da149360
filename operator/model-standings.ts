/** The records of the stream `models` → what it says of each model. Pure. */
import type { BrokerRecord } from '../services/shared/broker.ts';
import { readModelMessage } from '../services/shared/model-messages.ts';
import type { ModelStanding } from './promotion.ts';

/** By name of the model. */
export type Standings = ReadonlyMap<string, ModelStanding>;

/** So far back a person can go, and so many are kept in memory of each model. */
const keptCandidates = 20;

/** `end`: one past the last offset of the stream. What is no message of ours is passed over: serving counts it. */
export function noteRecords(standings: Standings, records: readonly BrokerRecord[], end: number): Standings {
  const noted = new Map(standings);
  for (const record of records) note(noted, record);
  return new Map([...noted].map(([model, standing]) => [model, { ...standing, end }]));
}

const unknown: ModelStanding = { candidates: [], active: undefined, gates: [], end: 0 };

function note(standings: Map<string, ModelStanding>, record: BrokerRecord): void {
  const message = readModelMessage(record);
  if (message === undefined) return;
  const standing = standings.get(message.model) ?? unknown;
  const { candidates, active, gates = [] } = standing;
  if (message.kind === 'candidate') {
    const kept = [...others(candidates, message), { ...message, offset: record.offset }].slice(-keptCandidates);
    standings.set(message.model, { ...standing, candidates: kept });
  } else if (message.kind === 'gate') {
    const kept = [...others(gates, message), message].slice(-keptCandidates);
    standings.set(message.model, { ...standing, gates: kept });
  } else if (message.generation > (active?.generation ?? 0))
    standings.set(message.model, { ...standing, active: message });
}

/** A run is judged, or announced, once: what came last counts. */
function others<T extends { readonly runId: string }>(messages: readonly T[], { runId }: { runId: string }): T[] {
  return messages.filter((message) => message.runId !== runId);
}
