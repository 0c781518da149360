/** The programs that an installation runs. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs it, its output on standard error. Throws with `what` and the end of the output where it fails. */
export async function run(what: string, command: string, args: readonly string[], folder: string): Promise<void> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${what} failed: ${command} ended with ${code}.\n${output.trimEnd()}`);
}

interface Needed {
  readonly command: string;
  readonly args: readonly string[];
  readonly what: string;
  /** Debian's package. */
  readonly from: string;
}

const needed: readonly Needed[] = [
  { command: 'npm', args: ['--version'], what: 'npm', from: 'npm' },
  { command: 'python3', args: ['-m', 'pip', '--version'], what: 'python3 with pip', from: 'python3-pip' },
  { command: 'g++', args: ['--version'], what: 'g++', from: 'g++' },
  { command: 'strip', args: ['--version'], what: 'strip of binutils', from: 'binutils' },
];

/** Throws where a program is missing, and says what brings it. */
export async function checkCommands(): Promise<void> {
  const found = await Promise.all(needed.map(isThere));
  const missing = needed.filter((_, at) => !found[at]);
  if (missing.length === 0) return;
  const words = missing.map(({ what }) => what).join(', ');
  const packages = missing.map(({ from }) => from).join(' ');
  throw new Error(`Missing: ${words}. On Debian or Ubuntu: sudo apt-get install ${packages}`);
}

async function isThere({ command, args }: Needed): Promise<boolean> {
  return execute(command, [...args]).then(
    () => true,
    () => false,
  );
}
