/** How the Kafka adapter sets kafkajs up. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka as KafkaClient } from 'kafkajs';
import type { KafkaConnection } from '../../connections.ts';
import { type KafkaAccess, kafkaAccess } from './access.ts';
import { connectError, kafkaError } from './failure.ts';
import { Kafka, logLevel } from './kafkajs.ts';
import { quietTimers } from './quiet-timers.ts';

export interface KafkaOptions extends KafkaConnection {
  readonly clientId: string;
  /** Default of the consumers' group sessions. */
  readonly sessionTimeoutMs?: number;
  /** After so long without an acknowledgement a send rejects. */
  readonly deliveryTimeoutMs?: number;
  /** How long a fetch waits for the first byte. Closing waits for the open fetch. */
  readonly maxWaitMs?: number;
}

export interface KafkaSettings extends Required<Omit<KafkaOptions, 'tls' | 'sasl'>> {
  /** The user that brokers know this client by; undefined without authentication. */
  readonly user: KafkaAccess['user'];
  /** Where consumers come from: they outlast every outage. */
  readonly patient: KafkaClient;
  /** Where the admin and producers come from: they give up soon, and their callers try again. */
  readonly hasty: KafkaClient;
}

const pauses = { initialRetryTime: 50, maxRetryTime: 500, factor: 0.2, multiplier: 2 };

/** Throws `BadConfig` if a file that the options name cannot be read. */
export function kafkaSettings(options: KafkaOptions): KafkaSettings {
  quietTimers();
  const { user, ...access } = kafkaAccess(options);
  const deliveryTimeoutMs = options.deliveryTimeoutMs ?? 30_000;
  const common = {
    clientId: options.clientId,
    brokers: options.address.split(','),
    ...access,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
  };
  const requestTimeout = Math.min(10_000, Math.max(1_000, deliveryTimeoutMs / 3));
  return {
    sessionTimeoutMs: 30_000,
    maxWaitMs: 500,
    ...withoutUndefined(options),
    user,
    deliveryTimeoutMs,
    patient: new Kafka({ ...common, retry: { ...pauses, retries: 1_000_000 } }),
    hasty: new Kafka({ ...common, requestTimeout, retry: { ...pauses, retries: 2 } }),
  };
}

function withoutUndefined(options: KafkaOptions): KafkaOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as KafkaOptions;
}

/**
 * An admin client that has talked to a broker. Rejects with a retryable `BrokerUnavailable` if none answers in time, with
 * `BadConfig` if it refuses this client or shows a certificate that is not trusted.
 */
export async function connectAdmin(settings: KafkaSettings, withinMs: number): Promise<Admin> {
  const admin = settings.hasty.admin();
  const connect = async (): Promise<void> => {
    await admin.connect();
    // A broker that wants authentication answers the handshake, and hangs up at the first question.
    await admin.describeCluster().catch((error: unknown) => {
      if (!isElecting(error)) throw error;
    });
  };
  const doing = `connecting to ${settings.address}`;
  await insist(doing, withinMs, () =>
    connect().catch((error: unknown) => {
      throw connectError(error, doing);
    }),
  );
  return admin;
}

/** Some topic has no leader at the moment: the broker has answered. */
const isElecting = (error: unknown): boolean => kafkaError(error, '').message.includes('LEADER_NOT_AVAILABLE');

/** Tries again until `withinMs` have passed. Rejects with a LikenessError. */
export async function insist<T>(doing: string, withinMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (let pause = 50; ; pause = Math.min(500, pause * 2)) {
    try {
      return await work();
    } catch (cause) {
      const error = kafkaError(cause, doing);
      if (!error.retryable || Date.now() + pause > deadline) throw error;
      await sleep(pause);
    }
  }
}
