/** The `likeness` command as a child process: what it prints, how it ends, and a way to interrupt it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

export interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Ends with the test process at the latest. */
export function likeness(...args: readonly string[]): Command {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const endWithTest = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithTest);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.removeListener('exit', endWithTest);
      resolve({ code, ...output });
    });
  });
  return { ended, output: () => output, kill: (signal) => void child.kill(signal) };
}

/** The one JSON object that a command with --json prints on its last line. */
export function lastJson<T>({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): T {
  const line = stdout.trim().split('\n').at(-1);
  if (!line) throw new Error(`nothing was printed; standard error:\n${stderr}`);
  return JSON.parse(line) as T;
}

/** Asks until there is an answer; fails at once if the command ends before that. */
export async function until<T>(command: Command, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const failed = command.ended.then(({ code, stderr }) => {
    throw new Error(`it ended with ${code}:\n${stderr}`);
  });
  const answered = async (): Promise<T> => {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await sleep(50);
    }
  };
  return Promise.race([failed, answered()]);
}

export interface Addresses {
  readonly serving: string;
  readonly ingest: string;
}

/** The addresses that `up --json` prints, once everything there is ready. */
export async function untilUp(command: Command): Promise<Addresses> {
  const addresses = await until(command, () => {
    const { stdout, stderr } = command.output();
    return stdout.includes('\n') ? lastJson<Addresses>({ stdout, stderr }) : undefined;
  });
  for (const url of Object.values({ serving: addresses.serving, ingest: addresses.ingest }))
    await until(command, async () => ((await statusOf(`${url}/readyz`)) === 200 ? true : undefined));
  return addresses;
}

/** 0: nobody answers. */
export async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    if (error instanceof TypeError) return 0;
    throw error;
  }
}

/** A line count that a replay remembers; 0 before it has begun. */
export function readCursor(file: string): number {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { line: number }).line;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
