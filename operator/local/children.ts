/** Child processes of the local backend: the same main.ts that runs in a container, restarted when it dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { exitCodes, LikenessError } from '../../services/shared/errors.ts';
import { nodeFlags } from '../node-flags.ts';
import { programOf } from '../program.ts';
import { createEndings } from './endings.ts';

export interface ChildOptions {
  readonly name: string;
  /** A stage, or the folder of services/ that holds its main.ts. */
  readonly service: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly logger: Logger;
  /** How long a process may take to end before it is killed, in milliseconds. Default: 30 s. */
  readonly graceMs?: number;
}

/** What a child process inherits of the environment beside its own keys; NODE_OPTIONS, so that it can be profiled. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NODE_OPTIONS'] as const;

const mainOf = (service: string): string => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../../services/${programOf(service)}/main.${extension}`, import.meta.url));
};

function spawnService(options: ChildOptions): ChildProcess {
  const env: Record<string, string> = { KAFKAJS_NO_PARTITIONER_WARNING: '1', ...options.env };
  for (const key of inherited) if (process.env[key] !== undefined) env[key] = process.env[key];
  const child = spawn(process.execPath, [...nodeFlags, mainOf(options.service)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = openLog(options.logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  log.on('error', (error) => {
    options.logger.error({ error, process: options.name, file: options.logFile }, 'the log cannot be written');
    // Read on without it: a full pipe would stop the process.
    for (const output of [child.stdout, child.stderr]) output.unpipe(log).resume();
  });
  child.on('error', (error) => options.logger.error({ error, process: options.name }, 'process failed'));
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

/** Calls back once, at its end or when it could not be started. */
function onEnd(child: ChildProcess, ended: (code: number | null, signal: NodeJS.Signals | null) => void): void {
  child.once('exit', ended);
  child.once('error', () => {
    if (child.pid === undefined) ended(null, null);
  });
}

/** Asks it to end, and kills it when it has not after a while. */
function terminate(child: ChildProcess, { logger, name, graceMs = 30_000 }: ChildOptions): void {
  child.kill('SIGTERM');
  const timer = setTimeout(() => {
    logger.error({ process: name, graceMs }, 'process does not end: killed');
    child.kill('SIGKILL');
  }, graceMs);
  child.once('exit', () => clearTimeout(timer));
}

/** Runs a process to its end. Resolves with its exit code; one that was killed counts as 69, a failed start as 1. */
export function runToEnd(options: ChildOptions, signal: AbortSignal): Promise<number> {
  const child = spawnService(options);
  const abort = () => terminate(child, options);
  signal.addEventListener('abort', abort, { once: true });
  return new Promise((resolve) => {
    onEnd(child, (code, killedBy) => {
      signal.removeEventListener('abort', abort);
      resolve(code ?? (killedBy === null ? exitCodes.bug : exitCodes.infrastructure));
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

export interface SupervisedOptions extends ChildOptions {
  /** Called when the process ends again and again in a way that no restart mends; it is not started any more. */
  readonly onFatal?: (error: LikenessError) => void;
}

/** Keeps one process alive until `stop`, which sends SIGTERM and waits for its end. */
export function superviseService(options: SupervisedOptions): Supervised {
  let stopping = false;
  let delay = firstRestartMs;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = Promise.resolve();
  const endings = createEndings();
  const restart = (code: number | null, signal: NodeJS.Signals | null) => {
    const { name, logger, onFatal } = options;
    if (endings.isHopeless(code, performance.now())) {
      logger.error({ process: name, code }, 'process ended too often');
      return onFatal?.(hopeless(options, code));
    }
    logger.error({ process: name, code, signal, restartInMs: delay }, 'process ended');
    timer = setTimeout(launch, delay);
    delay = Math.min(longestRestartMs, delay * 2);
  };
  const launch = () => {
    const started = performance.now();
    const current = spawnService(options);
    child = current;
    ended = new Promise((resolve) => {
      onEnd(current, (code, signal) => {
        child = undefined;
        resolve();
        if (performance.now() - started > stableMs) delay = firstRestartMs;
        if (!stopping) restart(code, signal);
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
      if (child) terminate(child, options);
      await ended;
    },
  };
}

function hopeless({ name, logFile }: ChildOptions, code: number | null): LikenessError {
  return new LikenessError(
    'BadConfig',
    `${name} ends with exit code ${code} each time it is started: ${logFile} says why`,
  );
}
