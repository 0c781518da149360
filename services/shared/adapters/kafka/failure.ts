/** kafkajs' failures in Likeness' words: what passes by itself, and what a person must mend. */
import { LikenessError } from '../../errors.ts';

interface KafkaFailure {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

/** Errors that waiting does not heal; everything else is an outage, and outages end. */
const lasting = [
  /AUTHORIZATION_FAILED$/,
  /^UNSUPPORTED_/,
  /^INVALID_(GROUP_ID|TOPIC_EXCEPTION|CONFIG|REPLICATION_FACTOR|PARTITIONS|SESSION_TIMEOUT|REQUIRED_ACKS)$/,
  /^INCONSISTENT_GROUP_PROTOCOL$/,
  /^POLICY_VIOLATION$/,
  /^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE)$/,
  /^SASL_AUTHENTICATION_FAILED$/,
  /^ILLEGAL_SASL_STATE$/,
];

export function kafkaError(error: unknown, doing: string): LikenessError {
  if (error instanceof LikenessError) return error;
  const types = typesOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const named = types.length > 0 ? `${types.join(', ')}: ${reason}` : reason;
  if (isLasting(error, types)) {
    return new LikenessError('BadConfig', `Kafka refused ${doing} (${named}).`, { cause: error });
  }
  const message = `Kafka failed at ${doing} (${named}).`;
  return new LikenessError('BrokerUnavailable', message, { retryable: true, cause: error });
}

function isLasting(error: unknown, types: readonly string[]): boolean {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return true;
  if (chain(error).some(({ name }) => name === 'KafkaJSSASLAuthenticationError')) return true;
  return types.some((type) => lasting.some((pattern) => pattern.test(type)));
}

function typesOf(error: unknown): string[] {
  return [...new Set(chain(error).flatMap(({ type }) => (type ? [type] : [])))];
}

function chain(error: unknown): KafkaFailure[] {
  const links: KafkaFailure[] = [];
  for (let link = error; link instanceof Error && links.length < 10;) {
    const failure: KafkaFailure = link;
    links.push(failure);
    link = failure.cause ?? failure.originalError;
  }
  return links;
}
