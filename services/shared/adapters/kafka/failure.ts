/** kafkajs' failures in Likeness' words: what passes by itself, and what a person must mend. */
import { LikenessError } from '../../errors.ts';

interface KafkaFailure {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
  /** Of several topics that could not be created; one says why. */
  readonly errors?: readonly unknown[];
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
  const told = [error, ...chain(error)].find((link) => link instanceof LikenessError);
  if (told) return told;
  const types = typesOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const named = types.length > 0 ? `${types.join(', ')}: ${reason}` : reason;
  if (isLasting(error, types)) {
    return new LikenessError('BadConfig', `Kafka refused ${doing} (${named}).`, { cause: error });
  }
  const message = `Kafka failed at ${doing} (${named}).`;
  return new LikenessError('BrokerUnavailable', message, { retryable: true, cause: error });
}

const untrusted =
  /^(CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/**
 * The same for a first connection. There a certificate that is not trusted is a matter of configuration; later it is an
 * outage that the broker's people mend, as are files that are being replaced.
 */
export function connectError(error: unknown, doing: string): LikenessError {
  const plain = kafkaError(error, doing);
  const links = chain(error);
  if (links.some(({ type }) => type === 'ILLEGAL_SASL_STATE' || type === 'UNSUPPORTED_SASL_MECHANISM')) {
    const advice = 'This listener wants no authentication, or another one: see LIKENESS_KAFKA_SASL.';
    return new LikenessError('BadConfig', `${plain.message} ${advice}`, { cause: error });
  }
  if (links.some(({ code }) => untrusted.test(String(code)))) {
    const advice = 'Name a file with the certificate of the authority that signed it in LIKENESS_KAFKA_CA';
    return new LikenessError(
      'BadConfig',
      `${plain.message} The broker's certificate is not trusted. ${advice}, and address the broker by a name that the certificate has.`,
      { cause: error },
    );
  }
  if (!plain.retryable || !links.some(isHangUp)) return plain;
  const advice =
    'If it is up, its listener may want TLS or authentication, or not: LIKENESS_KAFKA_TLS, LIKENESS_KAFKA_SASL.';
  return new LikenessError(plain.code, `${plain.message} ${advice}`, { retryable: true, cause: error });
}

const isHangUp = ({ name, code }: KafkaFailure): boolean =>
  name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET' || code === 'EPROTO';

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
    link = failure.cause ?? failure.originalError ?? failure.errors?.[0];
  }
  return links;
}
