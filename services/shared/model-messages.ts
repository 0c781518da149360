/** Reads records of the stream `models`. What is no message of ours is passed over: anybody may have written it. */
import {
  activeKey,
  candidateKey,
  gateKey,
  type ActiveMessage,
  type CandidateMessage,
  type GateMessage,
} from './model-stream.ts';

export type ModelMessage = CandidateMessage | GateMessage | ActiveMessage;

/** undefined: nothing of ours, or not under its own key. */
export function readModelMessage(record: {
  readonly key: string | null;
  readonly value: Uint8Array | null;
}): ModelMessage | undefined {
  const { key, value } = record;
  const message = value === null || key === null ? undefined : parse(value);
  if (isCandidate(message)) return key === candidateKey(message.runId) ? message : undefined;
  if (isGate(message)) return key === gateKey(message.runId) ? message : undefined;
  return isActive(message) && key === activeKey(message.model) ? message : undefined;
}

function parse(value: Uint8Array): object | undefined {
  try {
    const message: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    return hasTexts(message, ['model', 'version', 'digest']) ? (message as object) : undefined;
  } catch {
    return undefined;
  }
}

function isCandidate(message: object | undefined): message is CandidateMessage {
  const { kind, metrics } = (message ?? {}) as Partial<CandidateMessage>;
  return kind === 'candidate' && hasTexts(message, ['runId']) && typeof metrics === 'object' && metrics !== null;
}

function isGate(message: object | undefined): message is GateMessage {
  const { kind, verdict, reasons, against } = (message ?? {}) as Partial<GateMessage>;
  const said = (verdict === 'Passed' || verdict === 'Refused') && Array.isArray(reasons);
  return kind === 'gate' && hasTexts(message, ['runId']) && said && (against === null || typeof against === 'string');
}

function isActive(message: object | undefined): message is ActiveMessage {
  const { kind, generation, canaryPercent } = (message ?? {}) as Partial<ActiveMessage>;
  return kind === 'active' && Number.isSafeInteger(generation) && Number.isFinite(canaryPercent);
}

function hasTexts(message: unknown, fields: readonly string[]): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const found = message as Record<string, unknown>;
  return fields.every((field) => typeof found[field] === 'string' && found[field] !== '');
}
