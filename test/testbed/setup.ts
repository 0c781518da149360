/** Vitest's global setup for the project `real`: one Kafka and one Redis for all test files. */
import type { TestProject } from 'vitest/node';
import { ensureTestbed } from './ensure.ts';
import { startKafka } from './kafka.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Bootstrap servers of the shared Kafka. Tests prefix their topics and groups (see unique.ts). */
    readonly kafka: string;
    /** URL of the shared Redis. Tests prefix their keys. */
    readonly redis: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureTestbed();
  const endOnSignal = () => process.exit(130);
  process.once('SIGINT', endOnSignal);
  process.once('SIGTERM', endOnSignal);
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  project.provide('kafka', kafka.address);
  project.provide('redis', redis.url);
  return async () => {
    process.removeListener('SIGINT', endOnSignal);
    process.removeListener('SIGTERM', endOnSignal);
    await Promise.all([kafka.stop(), redis.stop()]);
  };
}
