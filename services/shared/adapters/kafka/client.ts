/** How the Kafka adapter sets kafkajs up. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka as KafkaClient } from 'kafkajs';
import { Kafka, logLevel } from './kafkajs.ts';
import { kafkaError } from './failure.ts';
import { quietTimers } from './quiet-timers.ts';

export interface KafkaOptions {
  /** Bootstrap servers, `host:port,host:port`. */
  readonly address: string;
  readonly clientId: string;
  /** Default of the consumers' group sessions. */
  readonly sessionTimeoutMs?: number;
  /** After so long without an acknowledgement a send rejects. */
  readonly deliveryTimeoutMs?: number;
  /** How long a fetch waits for the first byte. Closing waits for the open fetch. */
  readonly maxWaitMs?: number;
}

export interface KafkaSettings extends Required<KafkaOptions> {
  /** Where consumers come from: they outlast every outage. */
  readonly patient: KafkaClient;
  /** Where the admin and producers come from: they give up soon, and their callers try again. */
  readonly hasty: KafkaClient;
}

const pauses = { initialRetryTime: 50, maxRetryTime: 500, factor: 0.2, multiplier: 2 };

export function kafkaSettings(options: KafkaOptions): KafkaSettings {
  quietTimers();
  const deliveryTimeoutMs = options.deliveryTimeoutMs ?? 30_000;
  const common = {
    clientId: options.clientId,
    brokers: options.address.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
  };
  const requestTimeout = Math.min(10_000, Math.max(1_000, deliveryTimeoutMs / 3));
  return {
    sessionTimeoutMs: 30_000,
    maxWaitMs: 500,
    ...withoutUndefined(options),
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
