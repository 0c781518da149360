/** The bare substrate: a two-hop pipe of three processes, measured like the pipeline that it is compared with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';

export interface PipeOptions {
  readonly kafka: string;
  readonly partitions: number;
  /** Messages before the clock starts (as fast as possible), messages under the clock, and their size in bytes. */
  readonly warmUp: number;
  readonly messages: number;
  readonly bytes: number;
  readonly perSend: number;
  /** Messages a second; 0: as fast as possible. */
  readonly rate?: number;
}

export interface PipeResult {
  readonly seconds: number;
  /** Milliseconds from before the first send to the second consumer, one a message; only with a rate. */
  readonly latencies: readonly number[];
}

interface Role {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly warm: Promise<void>;
  readonly result: Promise<{ latencies?: number[] }>;
}

let runs = 0;

export async function runBarePipe(options: PipeOptions): Promise<PipeResult> {
  const names = [0, 1].map((hop) => `bare-${process.pid}-${++runs}-${hop}`);
  const admin = new Kafka({ brokers: [options.kafka], logLevel: logLevel.ERROR }).admin();
  await admin.connect();
  const topics = names.map((topic) => ({ topic, numPartitions: options.partitions, replicationFactor: 1 }));
  await admin.createTopics({ waitForLeaders: true, topics });
  const settings = JSON.stringify({ rate: 0, ...options, topics: names });
  const [consumer, forwarder, producer] = ['consumer', 'forwarder', 'producer'].map((role) => start(role, settings));
  await Promise.all([consumer!.ready, forwarder!.ready, producer!.ready]);
  producer!.child.stdin!.write('warm up\n');
  await consumer!.warm;
  const started = performance.now();
  producer!.child.stdin!.write('go\n');
  const { latencies = [] } = await consumer!.result;
  const seconds = (performance.now() - started) / 1000;
  for (const { child } of [consumer!, forwarder!, producer!]) child.kill('SIGKILL');
  await admin.deleteTopics({ topics: names });
  await admin.disconnect();
  return { seconds, latencies };
}

function start(role: string, settings: string): Role {
  const script = fileURLToPath(new URL('role.ts', import.meta.url));
  const env = { PATH: process.env['PATH'], KAFKAJS_NO_PARTITIONER_WARNING: '1' };
  const flags = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, script, role, settings], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ready = Promise.withResolvers<void>();
  const warm = Promise.withResolvers<void>();
  const result = Promise.withResolvers<{ latencies?: number[] }>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as string | { latencies?: number[] };
    if (said === 'ready') ready.resolve();
    else if (said === 'warm') warm.resolve();
    else if (typeof said === 'object') result.resolve(said);
  });
  child.once('exit', (code) => code && result.reject(new Error(`${role} of the bare pipe ended with ${code}`)));
  return { child, ready: ready.promise, warm: warm.promise, result: result.promise };
}
