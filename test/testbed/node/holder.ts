/** The script that holds a node, and ends it when this process ends or says so. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Holder {
  /** Process id of the first process in the node. */
  readonly node: number;
  /** Until the node's init.sh has made this file in its folder. */
  has(file: string): Promise<void>;
  /** Throws, with its last words, if the node has ended. */
  check(): void;
  /** Ends everything in the node and removes its folder. */
  end(): Promise<void>;
}

const withinMs = 180_000;
const needs =
  'A real node needs root and a kernel that lets it make namespaces of mounts, networks and processes, control groups, ' +
  'a veth link, overlayfs and nftables; in a container that takes --privileged. The fast tests need none of it: npm run test:unit';

/** `env` as hold.sh and init.sh want it. */
export async function hold(dir: string, env: Readonly<Record<string, string>>): Promise<Holder> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error(needs);
  const log = openSync(join(dir, 'hold.log'), 'w');
  const script = join(import.meta.dirname, 'hold.sh');
  // A group of its own: what a terminal interrupts is this process, which then lets go of it.
  const child = spawn('bash', [script], { env: { ...process.env, ...env }, stdio: ['pipe', log, log], detached: true });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const check = () => failIfEnded(child, dir);
  const has = async (file: string) => {
    for (const deadline = Date.now() + withinMs; !existsSync(join(dir, file)); await sleep(50)) {
      check();
      if (Date.now() > deadline) throw new Error(`The node did not come so far (${file}):\n${wordsOf(dir)}`);
    }
  };
  const end = async () => {
    child.stdin!.end();
    await ended;
  };
  try {
    await has('node.pid');
  } catch (error) {
    await end();
    throw error;
  }
  return { node: Number(readFileSync(join(dir, 'node.pid'), 'utf8')), has, check, end };
}

function failIfEnded(child: ChildProcess, dir: string): void {
  if (child.exitCode === null && child.signalCode === null) return;
  throw new Error(`The node has ended. ${needs}\n${wordsOf(dir)}`);
}

function wordsOf(dir: string): string {
  return ['hold.log', 'init.log']
    .filter((file) => existsSync(join(dir, file)))
    .map((file) => `${join(dir, file)}:\n${readFileSync(join(dir, file), 'utf8').slice(-4000)}`)
    .join('\n');
}
