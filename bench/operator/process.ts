/** The operator as a process of its own, and what the kernel and its metrics say of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../operator/local/free-port.ts';
import { OwnedProcess } from '../../test/testbed/owned-process.ts';
import { compileOperator } from './compiled.ts';

export interface RunningOperator {
  readonly pid: number;
  /** Greatest resident set since the last call, MB. */
  takeRssMb(): number;
  /** Greatest resident set ever, MB. */
  peakRssMb(): number;
  reconciles(): Promise<Reconciles>;
  stop(): Promise<void>;
}

export interface Reconciles {
  readonly count: number;
  /** Counts at or below a bound, milliseconds; in rising order. */
  readonly buckets: readonly { readonly ms: number; readonly count: number }[];
}

export interface OperatorOptions {
  /** Of the API server. */
  readonly url: string;
  readonly ca: string;
  /** Of an account with every right. */
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
  /** Flags of node, such as `--cpu-prof`. */
  readonly nodeArgs: readonly string[];
}

const everyMs = 200;
const megabyte = 1024;
/** As in a pod: with a kubeconfig the operator would need client-node, and 60 MB for it. */
const asPod = `set -e
mount -t tmpfs none /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$1/token" "$1/ca.crt" /var/run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"`;

/** Needs root, for a mount of its own. */
export async function startOperator({ url, ca, token, env, nodeArgs }: OperatorOptions): Promise<RunningOperator> {
  const compiled = await compileOperator();
  const folder = mkdtempSync(join(tmpdir(), 'likeness-bench-operator-'));
  writeFileSync(join(folder, 'token'), token);
  writeFileSync(join(folder, 'ca.crt'), ca);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const server = new URL(url);
  const environment = {
    ...env,
    KUBERNETES_SERVICE_HOST: server.hostname,
    KUBERNETES_SERVICE_PORT: server.port,
    LIKENESS_PORT: String(port),
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
  };
  const settings = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const node = ['env', '-i', ...settings, process.execPath, ...nodeArgs, compiled.main];
  const operator = new OwnedProcess({
    name: 'operator',
    command: 'unshare',
    args: ['--mount', 'sh', '-c', asPod, 'sh', folder, ...node],
    logFile: join(folder, 'operator.log'),
    isReady: async () => (await fetch(`${address}/readyz`).catch(() => undefined))?.status === 200,
  });
  await operator.start();
  const { pid } = operator;
  let greatest = 0;
  const timer = setInterval(() => (greatest = Math.max(greatest, memoryMb(pid, 'VmRSS'))), everyMs);
  return {
    pid,
    takeRssMb: () => {
      const taken = greatest;
      greatest = 0;
      return taken;
    },
    peakRssMb: () => memoryMb(pid, 'VmHWM'),
    reconciles: async () => parse(await (await fetch(`${address}/metrics`)).text()),
    stop: async () => {
      clearInterval(timer);
      await operator.stop();
      const log = readFileSync(join(folder, 'operator.log'), 'utf8');
      if (log !== '') process.stderr.write(log.slice(-4000));
      rmSync(folder, { recursive: true });
      compiled.remove();
    },
  };
}

function memoryMb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) / megabyte;
}

const bucketLine = /^controller_runtime_reconcile_time_seconds_bucket\{le="([^"]+)",[^}]*\} (\d+)/gm;

function parse(metrics: string): Reconciles {
  const buckets = [...metrics.matchAll(bucketLine)].map(([, bound, count]) => ({
    ms: bound === '+Inf' ? Infinity : Number(bound) * 1000,
    count: Number(count),
  }));
  return { count: buckets.at(-1)?.count ?? 0, buckets };
}

/** What came in between. */
export function since(before: Reconciles, after: Reconciles): Reconciles {
  return {
    count: after.count - before.count,
    buckets: after.buckets.map(({ ms, count }, index) => ({ ms, count: count - (before.buckets[index]?.count ?? 0) })),
  };
}

/** As Prometheus' histogram_quantile: evenly spread within a bucket. */
export function quantileMs({ count, buckets }: Reconciles, fraction: number): number {
  const rank = fraction * count;
  const at = buckets.findIndex((bucket) => bucket.count >= rank);
  const lower = buckets[at - 1] ?? { ms: 0, count: 0 };
  const upper = buckets[at];
  if (upper === undefined || upper.ms === Infinity) return lower.ms;
  return lower.ms + ((upper.ms - lower.ms) * (rank - lower.count)) / (upper.count - lower.count);
}
