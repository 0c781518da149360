/**
 * How the adapter proves who it is and decides whom it trusts. Files are read at each connection, so that a rotated
 * Secret takes effect without a restart.
 */
import type { ConnectionOptions } from 'node:tls';
import type { Mechanism, SASLOptions } from 'kafkajs';
import type { KafkaConnection, SaslMechanism } from '../../connections.ts';
import { LikenessError } from '../../errors.ts';
import { type Credentials, placeOf, readCa, readCredentials } from '../secret-files.ts';
import { KafkaJSConnectionError, KafkaJSNonRetriableError, type SaslProvider, saslProviders } from './kafkajs.ts';

/**
 * A Secret and the broker's users never change at the same moment: the kubelet alone may take a minute. A client that
 * was accepted before waits so long for the two to agree again, before it takes the refusal for final.
 */
export const rotationMs = 10 * 60_000;

export interface KafkaAccess {
  readonly ssl?: ConnectionOptions;
  readonly sasl?: Mechanism;
  /** The user of the last connection; undefined without authentication. */
  readonly user: () => string | undefined;
}

type Clock = { now(): number };

/** Throws `BadConfig` if a file cannot be read now. */
export function kafkaAccess({ tls, sasl }: Omit<KafkaConnection, 'address'>, clock: Clock = Date): KafkaAccess {
  const prover = sasl && new Prover(sasl, clock);
  if (tls?.ca) readCa(tls.ca, 'LIKENESS_KAFKA_CA');
  const ssl = tls && {
    // kafkajs copies this object for each connection, and so asks anew.
    get ca() {
      return tls.ca && readCa(tls.ca, 'LIKENESS_KAFKA_CA');
    },
  };
  return {
    ...(ssl && { ssl: ssl as ConnectionOptions }),
    ...(prover && {
      sasl: { mechanism: prover.mechanism, authenticationProvider: (args) => prover.authenticator(args) },
    }),
    user: () => prover?.user,
  };
}

type SaslArguments = Parameters<SaslProvider>[0];

class Prover {
  readonly mechanism: SaslMechanism;
  readonly #sasl: NonNullable<KafkaConnection['sasl']>;
  readonly #clock: Clock;
  #acceptedAt: number | undefined;
  user: string;

  constructor(sasl: NonNullable<KafkaConnection['sasl']>, clock: Clock) {
    this.mechanism = sasl.mechanism;
    this.#sasl = sasl;
    this.#clock = clock;
    this.user = this.#read().username;
  }

  authenticator(args: SaslArguments) {
    return { authenticate: () => this.#authenticate(args) };
  }

  async #authenticate(args: SaslArguments): Promise<void> {
    let failed: unknown;
    // kafkajs takes everything that fails meanwhile for a wrong password, a broker that just went away too.
    const saslAuthenticate = ((exchange) =>
      args.saslAuthenticate(exchange).catch((error: unknown) => {
        failed = error;
        throw error;
      })) as SaslArguments['saslAuthenticate'];
    try {
      const { username, password } = this.#read();
      this.user = username;
      const options = { mechanism: this.mechanism, username, password } as SASLOptions;
      await saslProviders[this.mechanism](options)({ ...args, saslAuthenticate }).authenticate();
      this.#acceptedAt = this.#clock.now();
    } catch (error) {
      if (failed !== undefined && !isRefusal(failed)) throw failed;
      throw this.#refusal(error, `${args.host}:${args.port}`);
    }
  }

  #refusal(error: unknown, broker: string): Error {
    const refusal = error instanceof LikenessError ? error : this.#refused(broker, error);
    const accepted = this.#acceptedAt;
    if (accepted === undefined || this.#clock.now() - accepted > rotationMs)
      return Object.assign(new KafkaJSNonRetriableError(refusal), { cause: refusal });
    const until = new Date(accepted + rotationMs).toISOString();
    return new KafkaJSConnectionError(
      `${refusal.message} It was accepted until now, so this is tried again until ${until}.`,
    );
  }

  #refused(broker: string, cause: unknown): LikenessError {
    const place = placeOf(this.#sasl.credentials, 'LIKENESS_KAFKA_CREDENTIALS');
    const message =
      `Kafka at ${broker} refuses the user "${this.user}" (${place}) by ${this.mechanism}. ` +
      'Give the password that Kafka has for this user, or make the user there.';
    return new LikenessError('BadConfig', message, { cause });
  }

  #read(): Credentials & { readonly username: string } {
    const { credentials } = this.#sasl;
    const { username, password } = readCredentials(credentials, 'LIKENESS_KAFKA_CREDENTIALS');
    if (username !== undefined) return { username, password };
    const place = placeOf(credentials, 'LIKENESS_KAFKA_CREDENTIALS');
    throw new LikenessError('BadConfig', `${place}: there is no file username`);
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && error.type === 'SASL_AUTHENTICATION_FAILED';
