/** The processes under test: started from their main.ts with the plan's environment, broken, and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Instance } from '../../operator/local/environment.ts';
import { programOf } from '../../operator/program.ts';

export interface Runner {
  readonly name: string;
  readonly stage: string;
  readonly url: string;
  start(): void;
  /** SIGKILL; resolves once the process is gone. It stays down until `start`. */
  kill(): Promise<void>;
  /** False if there is no process. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): boolean;
  /** SIGTERM, then SIGKILL if it does not end. */
  stop(): Promise<void>;
  /** How processes ended that nobody had ended: exit codes, or signals. */
  readonly ends: readonly string[];
}

/** What a process runs instead of its main.ts: a mutation. Its own name is the last argument. */
export interface Entry {
  readonly file: string;
  readonly args: readonly string[];
}

/** A supervisor would wait a moment, too, before it starts a service again that gave up. */
const restartMs = 500;
const stopMs = 15_000;

export function createRunner(instance: Instance, logFolder: string, entry?: Entry): Runner {
  const log = createWriteStream(join(logFolder, `${instance.name}.log`), { flags: 'a' });
  const ends: string[] = [];
  let child: ChildProcess | undefined;
  let wanted = false;

  const start = (): void => {
    wanted = true;
    if (child !== undefined) return;
    const started = spawnInstance(instance, log, entry);
    child = started;
    started.once('exit', (code, signal) => {
      child = undefined;
      if (!wanted) return;
      ends.push(String(signal ?? code));
      setTimeout(() => wanted && start(), restartMs);
    });
  };
  const gone = (process: ChildProcess): Promise<unknown> => new Promise((resolve) => process.once('exit', resolve));

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    wanted = false;
    const ending = child;
    if (ending === undefined) return;
    const ended = gone(ending);
    ending.kill(signal);
    if (signal === 'SIGTERM') {
      // A stopped process hears nothing but SIGKILL.
      ending.kill('SIGCONT');
      const timer = setTimeout(() => ending.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    } else await ended;
  };

  return {
    name: instance.name,
    stage: instance.stage,
    url: `http://${instance.env['LIKENESS_HOST']}:${instance.env['LIKENESS_PORT']}`,
    start,
    kill: () => end('SIGKILL'),
    signal: (signal) => child?.kill(signal) ?? false,
    stop: () => end('SIGTERM'),
    ends,
  };
}

function spawnInstance({ name, stage, env }: Instance, log: WriteStream, entry: Entry | undefined): ChildProcess {
  const main = entry?.file ?? fileURLToPath(new URL(`../../services/${programOf(stage)}/main.ts`, import.meta.url));
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
  const child = spawn(process.execPath, [...flags, main, ...(entry?.args ?? []), name], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], KAFKAJS_NO_PARTITIONER_WARNING: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return child;
}

/** Resolves when the process says that it is ready; rejects when it has not for so long. */
export async function untilReady({ name, url }: Runner, patienceMs = 60_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const said = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).then(
      async (response) => (response.ok ? 'ready' : response.text()),
      (error: unknown) => String(error),
    );
    if (said === 'ready') return;
    if (Date.now() > deadline) throw new Error(`${name} is not ready: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
