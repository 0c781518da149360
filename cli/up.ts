/** `likeness up`: a pipeline on this machine, in one process or as child processes. */
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatErrors } from '../crds/format-errors.ts';
import { loadPipeline } from '../crds/load.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import { createLocalBackend, type LocalBackend, type LocalOptions } from '../operator/local/backend.ts';
import { refuseClusterOnly } from '../operator/local/cluster-only.ts';
import { lockDataDir } from '../operator/local/lock.ts';
import { planPipeline, type Plan } from '../operator/plan.ts';
import { createTelemetry, type LogLevel } from '../services/shared/adapters/telemetry.ts';
import { describeError, exitCodeOf, exitCodes, LikenessError } from '../services/shared/errors.ts';
import type { Terminal } from './terminal.ts';

export interface UpOptions {
  readonly spec: string;
  /** Default: a folder of the pipeline's own, `.likeness/<name>`. */
  readonly data?: string;
  readonly kafka?: string;
  readonly redis?: string;
  readonly port: number;
  readonly processes?: boolean;
  readonly fromLogStart?: boolean;
  readonly logLevel?: LogLevel;
  /** The addresses as one JSON object. */
  readonly json?: boolean;
}

export interface LaunchedPipeline {
  readonly plan: Plan;
  readonly backend: LocalBackend;
  readonly dataDir: string;
  /** Resolves when something in it cannot go on. */
  readonly failed: Promise<unknown>;
  stop(): Promise<void>;
}

/** Runs until SIGINT, SIGTERM or a fatal error. Returns the exit code. */
export async function runUp(options: UpOptions, terminal: Terminal): Promise<number> {
  const pipeline = await launchPipeline(options);
  const { serving, ingest } = pipeline.backend.urls();
  const logs = join(pipeline.dataDir, 'logs');
  if (options.json) terminal.print(JSON.stringify({ serving, ingest, logs }));
  else for (const [name, url] of Object.entries({ serving, ingest })) terminal.print(`${name.padEnd(8)} ${url}`);
  terminal.note(`logs     ${logs}   stop with Ctrl-C`);
  const code = await untilEnded(pipeline, terminal);
  await pipeline.stop();
  return code;
}

/** Resolves with the exit code on SIGINT, SIGTERM or a fatal error. Stops nothing. */
export async function untilEnded(pipeline: LaunchedPipeline, terminal: Terminal): Promise<number> {
  const signalled = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => signalled.resolve(undefined));
  const failure = await Promise.race([pipeline.failed, signalled.promise]);
  if (failure === undefined) return exitCodes.ok;
  terminal.note(`Stopping: ${describeError(failure)}`);
  return exitCodeOf(failure);
}

/** Starts everything; rejects with a LikenessError that says what to do. */
export async function launchPipeline(options: UpOptions): Promise<LaunchedPipeline> {
  const { plan, spec } = planOf(options);
  const dataDir = options.data ?? join('.likeness', plan.pipeline.name);
  const unlock = lockDataDir(dataDir);
  const failed = Promise.withResolvers<unknown>();
  try {
    const backend = await createLocalBackend(plan, localOptions(options, { dataDir, spec, onFatal: failed.resolve }));
    await backend.apply(plan);
    const stop = async () => {
      await backend.remove();
      unlock();
    };
    return { plan, backend, dataDir, failed: failed.promise, stop };
  } catch (error) {
    unlock();
    throw portTaken(error, options.port);
  }
}

/** What to do about a port that somebody else listens on; any other error as it is. */
function portTaken(error: unknown, port: number): unknown {
  const cause = error instanceof LikenessError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  if (cause?.code !== 'EADDRINUSE') return error;
  const what = `Another program listens on port ${port}: end it, or choose another port with --port (0 takes a free one)`;
  return new LikenessError('BadConfig', what, { cause });
}

interface Launch {
  readonly dataDir: string;
  readonly spec: PipelineSpec;
  readonly onFatal: (error: unknown) => void;
}

function localOptions(options: UpOptions, { dataDir, spec, onFatal }: Launch): LocalOptions {
  const telemetryOf = logTo(join(dataDir, 'logs'), options.logLevel ?? 'info');
  return {
    dataDir,
    host: '127.0.0.1',
    port: options.port,
    logLevel: options.logLevel ?? 'info',
    processes: options.processes ?? false,
    fromLogStart: options.fromLogStart ?? false,
    training: spec.training,
    trains: spec.models.length > 0,
    deps: { telemetry: telemetryOf('likeness'), clock: Date, onFatal },
    telemetryOf,
  };
}

function planOf(options: UpOptions): { plan: Plan; spec: PipelineSpec } {
  const loaded = loadPipeline(readSpec(options.spec));
  if (!loaded.ok) throw new LikenessError('BadSpec', formatErrors(options.spec, loaded.errors).join('\n'));
  const spec = withAddresses(loaded.effective, options);
  refuseClusterOnly(spec);
  if (options.processes) requireAddresses(spec);
  const { name, namespace = 'default' } = loaded.pipeline.metadata;
  return { plan: planPipeline({ namespace, name, epoch: 1, spec }), spec };
}

function readSpec(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LikenessError('BadSpec', `There is no spec ${file}`, { cause });
  }
}

/** A broker named on the command line is taken for one machine: open to it, with one copy of everything and a few partitions. */
function withAddresses(spec: PipelineSpec, { kafka, redis }: UpOptions): PipelineSpec {
  const { partitions, replicationFactor, retention } = spec.kafka ?? {
    partitions: 4,
    replicationFactor: 1,
    retention: '168h',
  };
  return {
    ...spec,
    ...(kafka && { kafka: { bootstrapServers: kafka, partitions, replicationFactor, retention, topics: 'Managed' } }),
    ...(redis && { store: { redis: { url: redis } } }),
  };
}

function requireAddresses(spec: PipelineSpec): void {
  const missing = [...(spec.kafka ? [] : ['--kafka ADDRESS']), ...(spec.store ? [] : ['--redis URL'])];
  if (missing.length === 0) return;
  const what = `Child processes share a broker and a store: add ${missing.join(' and ')} (or name them in the spec)`;
  throw new LikenessError('Usage', what);
}

function logTo(folder: string, level: LogLevel) {
  mkdirSync(folder, { recursive: true });
  const destination = createWriteStream(join(folder, 'likeness.log'), { flags: 'a' });
  return (service: string) => createTelemetry(service, level, { destination, processMetrics: service === 'likeness' });
}
