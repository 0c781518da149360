/** Programs that the tests need of the system: looked for, and installed with apt-get if that is possible. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const packageTool = 'apt-get';

export interface Tool {
  readonly command: string;
  readonly versionArgs: readonly string[];
  readonly isGood: (output: string) => boolean;
  /** Debian packages that bring it; the first that exists is taken. */
  readonly packages: readonly string[];
}

/** `why`: what cannot be done without them. Throws where they are missing and cannot be installed. */
export async function ensureTools(tools: readonly Tool[], why: string, say: (text: string) => void): Promise<void> {
  const missing = await missingOf(tools);
  if (missing.length === 0) return;
  await install(missing, why, say);
  const left = await missingOf(tools);
  if (left.length > 0)
    throw new Error(`Still missing after the installation: ${left.map((tool) => tool.command).join(', ')}`);
}

async function missingOf(tools: readonly Tool[]): Promise<Tool[]> {
  const found = await Promise.all(tools.map(isThere));
  return tools.filter((_, index) => !found[index]);
}

async function isThere({ command, versionArgs, isGood }: Tool): Promise<boolean> {
  try {
    const { stdout, stderr } = await run(command, versionArgs);
    return isGood(stdout + stderr);
  } catch {
    return false;
  }
}

async function install(missing: readonly Tool[], why: string, say: (text: string) => void): Promise<void> {
  const words = missing.map((tool) => tool.command).join(', ');
  const fallback = `apt-get install --no-install-recommends ${missing.map((tool) => tool.packages[0]).join(' ')}`;
  if (process.getuid?.() !== 0 || !(await hasAptGet())) {
    throw new Error(
      `${why} need ${words}. Run this, then again npm test:\n\n` +
        `  sudo apt-get update && sudo ${fallback}\n\nThe fast tests need nothing: npm run test:unit`,
    );
  }
  say(`installing ${words} with apt-get`);
  await aptGet(['update']);
  const packages = await Promise.all(missing.map((tool) => firstKnown(tool.packages)));
  await aptGet(['install', '--yes', '--no-install-recommends', ...packages]);
}

async function hasAptGet(): Promise<boolean> {
  return isThere({ command: packageTool, versionArgs: ['--version'], isGood: () => true, packages: [] });
}

async function firstKnown(packages: readonly string[]): Promise<string> {
  for (const name of packages) {
    const { stdout } = await run('apt-cache', ['policy', name]);
    if (/Candidate: (?!\(none\))/.test(stdout)) return name;
  }
  return packages[0]!;
}

/** RUNLEVEL=1 makes Debian's invoke-rc.d leave the services of new packages alone. */
function aptGet(args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const child = spawn(packageTool, ['-q', ...args], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`apt-get ${args[0]} ended with ${code}.`)),
    );
  });
}
