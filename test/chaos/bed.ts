/** Real Kafka and an append-only Redis of the run's own, because it will be killed. */
import { startKafka } from '../testbed/kafka.ts';
import { startRedis } from '../testbed/redis.ts';

export interface Bed {
  /** Bootstrap servers. */
  readonly kafka: string;
  /** URL. */
  readonly redis: string;
  /** SIGKILL Redis, cut up to so many bytes off its append-only file, start it; resolves with the bytes cut. */
  readonly crashRedis: (cutBytes: number) => Promise<number>;
  stop(): Promise<void>;
}

/** `kafka`: bootstrap servers of a Kafka that is there already; else one is started. */
export async function startBed(kafka?: string): Promise<Bed> {
  const [own, redis] = await Promise.all([
    kafka === undefined ? startKafka() : undefined,
    startRedis({ appendOnly: true }),
  ]);
  return {
    kafka: kafka ?? own!.address,
    redis: redis.url,
    crashRedis: async (cutBytes) => {
      await redis.kill();
      const cut = redis.truncateAppendOnlyFile(cutBytes);
      await redis.restart();
      return cut;
    },
    stop: async () => {
      await Promise.all([own?.stop(), redis.stop()]);
    },
  };
}
