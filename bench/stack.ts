/** A whole pipeline on real Kafka and Redis, for benchmarks and tests: the local backend's child processes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline } from '../crds/load.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import { createLocalBackend, type LocalBackend } from '../operator/local/backend.ts';
import { planPipeline, type Plan } from '../operator/plan.ts';
import { createTelemetry } from '../services/shared/adapters/telemetry.ts';

export interface StackOptions {
  readonly kafka: string;
  readonly redis: string;
  readonly name: string;
  /** Of serving, the others behind it; 0 takes free ones. */
  readonly port: number;
  readonly partitions?: number;
  /** Keep the preset's models, and train them. */
  readonly models?: boolean;
  /** What to do when it cannot go on; default: end this process. */
  readonly onFatal?: (error: unknown) => void;
}

export interface Stack {
  readonly plan: Plan;
  readonly spec: PipelineSpec;
  readonly backend: LocalBackend;
  readonly dataDir: string;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const { spec, plan } = benchPipeline(options);
  const dataDir = mkdtempSync(join(tmpdir(), 'likeness-bench-'));
  const telemetryOf = (service: string) => createTelemetry(service, 'error');
  const backend = await createLocalBackend(plan, {
    dataDir,
    host: '127.0.0.1',
    port: options.port,
    logLevel: 'warn',
    processes: true,
    training: spec.training,
    trains: spec.models.length > 0,
    telemetryOf,
    deps: { telemetry: telemetryOf('bench'), clock: Date, onFatal: options.onFatal ?? fail },
  });
  await backend.apply(plan);
  await untilReady(backend, plan);
  const stop = async () => {
    await backend.remove();
    rmSync(dataDir, { recursive: true });
  };
  return { plan, spec, backend, dataDir, stop };
}

/** The pipeline that startStack runs. */
export function benchPipeline(options: StackOptions): { readonly spec: PipelineSpec; readonly plan: Plan } {
  const spec = specOf(options);
  return { spec, plan: planPipeline({ namespace: 'bench', name: options.name, epoch: 1, spec }) };
}

function specOf(options: StackOptions): PipelineSpec {
  const loaded = loadPipeline(readFileSync(new URL('../examples/shop.yaml', import.meta.url), 'utf8'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const { kafka: bootstrapServers, redis, partitions = 4 } = options;
  return {
    ...loaded.effective,
    kafka: { bootstrapServers, partitions, replicationFactor: 1, retention: '168h', topics: 'Managed' },
    store: { redis: { url: redis } },
    models: options.models ? loaded.effective.models : [],
  };
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

async function untilReady(backend: LocalBackend, plan: Plan): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { workloads } = await backend.observe();
    if (workloads.length === plan.workloads.length - 1 && workloads.every(({ desired, ready }) => ready === desired))
      return;
    if (performance.now() > deadline) throw new Error(`not ready: ${JSON.stringify(workloads)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
