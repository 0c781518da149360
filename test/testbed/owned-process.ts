/** A server process that belongs to a test: started, killed, started again, and gone when the test process ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Asked every 50 ms until it says yes. */
  readonly isReady: () => boolean | Promise<boolean>;
}

const readyWithinMs = 90_000;
const stopWithinMs = 20_000;

export class OwnedProcess {
  readonly #server: ServerCommand;
  #child: ChildProcess | undefined;

  constructor(server: ServerCommand) {
    this.#server = server;
  }

  /** 0 while it is down. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { name, command, args, logFile, isReady } = this.#server;
    const log = openSync(logFile, 'w');
    const child = spawn(command, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    const forget = () => child.kill('SIGKILL');
    process.once('exit', forget);
    child.once('exit', () => process.removeListener('exit', forget));
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    const deadline = Date.now() + readyWithinMs;
    while (!(await isReady())) {
      if (failure) throw new Error(`${name} could not be started: ${failure.message}`, { cause: failure });
      if (hasEnded(child)) throw new Error(`${name} ended at once:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
      if (Date.now() > deadline) throw new Error(`${name} was not ready in ${readyWithinMs} ms, see ${logFile}`);
      await sleep(50);
    }
  }

  /** Asks it to end, and makes it end. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || hasEnded(child)) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(timer);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
