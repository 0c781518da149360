/** Makes sure that the real parts are there: Java 17, Maven, redis-server, Kafka, Kubernetes, S3. Run before the real tests. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { ensureKubernetes } from './kubernetes/ensure-kubernetes.ts';
import { ensureS3 } from './s3/ensure-s3.ts';
import { warmKafka } from './warm-kafka.ts';

const run = promisify(execFile);

interface Tool {
  readonly command: string;
  readonly versionArgs: readonly string[];
  readonly isGood: (output: string) => boolean;
  /** Debian packages that bring it; the first that exists is taken. */
  readonly packages: readonly string[];
}

const oldestJava = 17;
const oldestOpenssl = 3;
const packageTool = 'apt-get';

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
  const missing = await findMissing();
  if (missing.length > 0) await install(missing);
  const left = await findMissing();
  if (left.length > 0)
    throw new Error(`Still missing after the installation: ${left.map((tool) => tool.command).join(', ')}`);
  await warmKafka(say);
}

async function findMissing(): Promise<Tool[]> {
  const found = await Promise.all(tools.map(isThere));
  return tools.filter((_, index) => !found[index]);
}

async function isThere({ command, versionArgs, isGood }: Tool): Promise<boolean> {
  try {
    const { stdout, stderr } = await run(command, versionArgs);
    return isGood(stdout + stderr);
  } catch {
    return false;
  }
}

async function install(missing: readonly Tool[]): Promise<void> {
  const words = missing.map((tool) => tool.command).join(', ');
  const fallback = `apt-get install --no-install-recommends ${missing.map((tool) => tool.packages[0]).join(' ')}`;
  if (process.getuid?.() !== 0 || !(await hasAptGet())) {
    throw new Error(
      `The tests on real Kafka, Redis and Kubernetes need ${words} (Java ${oldestJava}, OpenSSL ${oldestOpenssl} or later). Run this, then again npm test:\n\n` +
        `  sudo apt-get update && sudo ${fallback}\n\nThe fast tests need nothing: npm run test:unit`,
    );
  }
  say(`installing ${words} with apt-get`);
  await aptGet(['update']);
  const packages = await Promise.all(missing.map((tool) => firstKnown(tool.packages)));
  await aptGet(['install', '--yes', '--no-install-recommends', ...packages]);
}

async function hasAptGet(): Promise<boolean> {
  return isThere({ command: packageTool, versionArgs: ['--version'], isGood: () => true, packages: [] });
}

async function firstKnown(packages: readonly string[]): Promise<string> {
  for (const name of packages) {
    const { stdout } = await run('apt-cache', ['policy', name]);
    if (/Candidate: (?!\(none\))/.test(stdout)) return name;
  }
  return packages[0]!;
}

/** RUNLEVEL=1 makes Debian's invoke-rc.d leave the services of new packages alone. */
function aptGet(args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const child = spawn(packageTool, ['-q', ...args], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`apt-get ${args[0]} ended with ${code}.`)),
    );
  });
}

function say(text: string): void {
  console.log(`test bed: ${text}`);
}

if (import.meta.main) {
  try {
    await ensureTestbed();
    await ensureKubernetes(say);
    await ensureS3(say);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
