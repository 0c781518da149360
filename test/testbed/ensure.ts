/** Makes sure that the real parts are there: Java 17, Maven, redis-server, Kafka, Kubernetes, S3, TensorFlow. Run before the real tests. */
import { ensureTools, type Tool } from './debian-tools.ts';
import { ensureTensorFlow } from './ensure-tensorflow.ts';
import { ensurePrometheus } from './ensure-prometheus.ts';
import { ensureKubernetes } from './kubernetes/ensure-kubernetes.ts';
import { ensureNode } from './node/ensure-node.ts';
import { ensureS3 } from './s3/ensure-s3.ts';
import { warmKafka } from './warm-kafka.ts';

const oldestJava = 17;
const oldestOpenssl = 3;

const tools: readonly Tool[] = [
  {
    command: 'java',
    versionArgs: ['-version'],
    isGood: (output) => Number(/version "(\d+)/.exec(output)?.[1] ?? 0) >= oldestJava,
    packages: ['openjdk-17-jre-headless', 'openjdk-21-jre-headless', 'default-jre-headless'],
  },
  { command: 'mvn', versionArgs: ['--version'], isGood: () => true, packages: ['maven'] },
  { command: 'redis-server', versionArgs: ['--version'], isGood: () => true, packages: ['redis-server'] },
  {
    command: 'openssl',
    versionArgs: ['version'],
    isGood: (output) => Number(/OpenSSL (\d+)/.exec(output)?.[1] ?? 0) >= oldestOpenssl,
    packages: ['openssl'],
  },
];

/** What most real tests run on; the programs of Kubernetes, which take long to compile, are not among it. */
export async function ensureTestbed(): Promise<void> {
  const why = `The tests on real Kafka, Redis and Kubernetes (with Java ${oldestJava}, OpenSSL ${oldestOpenssl} or later)`;
  await ensureTools(tools, why, say);
  await warmKafka(say);
}

function say(text: string): void {
  console.log(`test bed: ${text}`);
}

if (import.meta.main) {
  try {
    await ensureTestbed();
    await ensurePrometheus(say);
    await ensureKubernetes(say);
    await ensureNode(say);
    await ensureS3(say);
    await ensureTensorFlow(say);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
