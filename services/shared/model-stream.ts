/**
 * Messages of the compacted stream `models`: `candidate/<runId>` by the trainer, `gate/<runId>` by the gate, `active/<model>`
 * by the operator alone.
 */

export interface CandidateMessage {
  readonly kind: 'candidate';
  readonly runId: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly trainedAt: string;
  /** Events that the model learned from. */
  readonly events: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What the gate found out about a candidate; the operator decides what follows from it. */
export interface GateMessage {
  readonly kind: 'gate';
  /** The candidate's. */
  readonly runId: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Digest of the model in service that it was compared with; null: there was none. */
  readonly against: string | null;
  readonly verdict: 'Passed' | 'Refused';
  /** For a person: why it was refused, or what speaks for it. */
  readonly reasons: readonly string[];
  /** What was measured, such as `ndcg@10`, `active.ndcg@10`, `delta`, `delta.lower`, `questions`, `latency.p99`. */
  readonly figures: Readonly<Record<string, number>>;
  readonly judgedAt: string;
}

export interface ActiveMessage {
  readonly kind: 'active';
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Rises with every change; a reader ignores a lower one. */
  readonly generation: number;
  /** 1 to 100: share of the profiles that it answers; the others are `stable`'s. */
  readonly canaryPercent: number;
  readonly activatedAt: string;
  /** The model that answered all profiles before. */
  readonly stable?: ModelRef;
  /** What its writer must not lose: offset of the newest candidate that was decided upon with it. */
  readonly decided?: number;
  /** Likewise: candidates that were refused in a row by then. */
  readonly refusals?: number;
  /** Likewise: the wish of a person that it fulfils. */
  readonly asked?: string;
}

export interface ModelRef {
  readonly version: string;
  readonly digest: string;
}

/** Whether it answers some profiles alone, beside the one that answered all before. */
export function isTrial(message: ActiveMessage): message is ActiveMessage & { readonly stable: ModelRef } {
  return message.stable !== undefined && message.canaryPercent < 100;
}

/** While a model is on trial, the one that has proved itself. */
export function stableOf(message: ActiveMessage): ModelRef {
  const { version, digest } = isTrial(message) ? message.stable : message;
  return { version, digest };
}

export const candidateKey = (runId: string): string => `candidate/${runId}`;
export const gateKey = (runId: string): string => `gate/${runId}`;
export const activeKey = (model: string): string => `active/${model}`;

/** Of one record of the stream; undefined: it is about something else. */
export function readActive(record: {
  readonly key: string | null;
  readonly value: Uint8Array | null;
}): ActiveMessage | 'malformed' | undefined {
  const { key, value } = record;
  if (!key?.startsWith(activeKey('')) || value === null) return undefined;
  const message = parseActive(value);
  return message && activeKey(message.model) === key ? message : 'malformed';
}

function parseActive(value: Uint8Array): ActiveMessage | undefined {
  try {
    const message: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    return isActive(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isActive(message: unknown): message is ActiveMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { kind, model, version, digest, generation } = message as Record<string, unknown>;
  const texts = [model, version, digest].every((text) => typeof text === 'string' && text !== '');
  return kind === 'active' && texts && Number.isSafeInteger(generation) && Number(generation) >= 0;
}
