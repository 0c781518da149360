/** Child processes of the local backend: the same main.ts that runs in a container, restarted when it dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';

export interface ChildOptions {
  readonly name: string;
  /** Folder of the service: services/<service>/main.ts. */
  readonly service: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly logger: Logger;
}

/** What a child process inherits of the environment beside its own keys: nothing that could change what it says. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NODE_OPTIONS'] as const;

const mainOf = (service: string): string => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../../services/${service}/main.${extension}`, import.meta.url));
};

function spawnService(options: ChildOptions): ChildProcess {
  const env: Record<string, string> = { KAFKAJS_NO_PARTITIONER_WARNING: '1', ...options.env };
  for (const key of inherited) if (process.env[key] !== undefined) env[key] = process.env[key];
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
  const child = spawn(process.execPath, [...flags, mainOf(options.service)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = openLog(options.logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.once('close', () => log.end());
  // However this process ends, short of SIGKILL, its children end with it.
  const endWithParent = () => child.kill('SIGTERM');
  process.once('exit', endWithParent);
  child.once('exit', () => process.off('exit', endWithParent));
  return child;
}

function openLog(file: string): WriteStream {
  mkdirSync(dirname(file), { recursive: true });
  return createWriteStream(file, { flags: 'a' });
}

/** Runs a process to its end. Resolves with its exit code; a signal counts as 1. */
export function runToEnd(options: ChildOptions, signal: AbortSignal): Promise<number> {
  const child = spawnService(options);
  const abort = () => child.kill('SIGTERM');
  signal.addEventListener('abort', abort, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', abort);
      resolve(code ?? 1);
    });
  });
}

export interface Supervised {
  readonly name: string;
  /** Undefined while it restarts. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

const firstRestartMs = 250;
const longestRestartMs = 30_000;
/** A process that lived so long has recovered: its next restart is quick again. */
const stableMs = 60_000;

/** Keeps one process alive until `stop`, which sends SIGTERM and waits for its end. */
export function superviseService(options: ChildOptions): Supervised {
  let stopping = false;
  let delay = firstRestartMs;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = Promise.resolve();
  const launch = () => {
    const started = performance.now();
    child = spawnService(options);
    const current = child;
    ended = new Promise((resolve) => {
      current.once('exit', (code, signal) => {
        child = undefined;
        resolve();
        if (stopping) return;
        if (performance.now() - started > stableMs) delay = firstRestartMs;
        options.logger.error({ process: options.name, code, signal, restartInMs: delay }, 'process ended');
        timer = setTimeout(launch, delay);
        delay = Math.min(longestRestartMs, delay * 2);
      });
    });
  };
  launch();
  return {
    name: options.name,
    pid: () => child?.pid,
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      child?.kill('SIGTERM');
      await ended;
    },
  };
}
