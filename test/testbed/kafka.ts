/** A real Kafka broker, for tests and benchmarks. Run ensure.ts first: it fetches the jars. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../operator/local/free-port.ts';
import { kafkaCache } from './kafka-cache.ts';
import { formatData, javaArgs, writeProperties } from './kafka-java.ts';
import { OwnedProcess } from './owned-process.ts';

export interface RunningKafka {
  /** Bootstrap servers. */
  readonly address: string;
  /** 0 while it is down. */
  readonly pid: number;
  /** Graceful; a folder that was made for it goes. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Same address, same data. */
  restart(): Promise<void>;
}

export interface KafkaOptions {
  /** Address at which it listens; loopback by default. */
  readonly host?: string;
  readonly port?: number;
  /** Where the data lies; a temporary folder by default. */
  readonly dir?: string;
  readonly jvmArgs?: readonly string[];
}

export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  if (!existsSync(kafkaCache().libs)) throw new Error('Kafka is not there yet; run: node test/testbed/ensure.ts');
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'likeness-kafka-'));
  mkdirSync(dir, { recursive: true });
  const port = options.port ?? (await freePort());
  const { host = '127.0.0.1' } = options;
  const properties = writeProperties(dir, { host, port, controllerPort: await freePort() });
  await formatData(dir, properties);
  const logFile = join(dir, 'broker.log');
  const broker = new OwnedProcess({
    name: 'Kafka',
    command: 'java',
    args: [...(options.jvmArgs ?? []), ...javaArgs('512m'), 'kafka.Kafka', properties],
    logFile,
    isReady: () => readFileSync(logFile, 'utf8').includes('Kafka Server started'),
  });
  await broker.start();
  return {
    address: `${host}:${port}`,
    get pid() {
      return broker.pid;
    },
    kill: () => broker.kill(),
    restart: async () => {
      await broker.kill();
      await broker.start();
    },
    stop: async () => {
      await broker.stop();
      if (!options.dir) rmSync(dir, { recursive: true, force: true });
    },
  };
}
