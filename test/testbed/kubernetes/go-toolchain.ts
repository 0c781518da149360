/** Which Go compiles the control plane: the one at hand if it is new enough, else one that the module proxy serves. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, publish } from './cache.ts';
import { writeEntry, zipEntries } from './zip.ts';

export interface GoCommand {
  readonly command: string;
  /** What `GOTOOLCHAIN` has to be: this Go itself, or another one that it fetches. */
  readonly toolchain: string;
}

/** What the go.mod files ask for. */
const neededMinor = 24;
/** The first Go that fetches another one. */
const fetchingMinor = 21;
const pinned = {
  version: 'go1.24.13',
  sha256: { 'linux-x64': 'd2b048367a3d1a748b87f756fa06df12ce3b419e1d5f2a3612acb8950d615f9f' } as Record<string, string>,
};

export async function ensureGo(say: (text: string) => void): Promise<GoCommand> {
  const minor = await minorVersion('go');
  if (minor >= neededMinor) return { command: 'go', toolchain: 'local' };
  if (minor >= fetchingMinor) return { command: 'go', toolchain: pinned.version };
  const sha256 = pinned.sha256[`${process.platform}-${process.arch}`];
  if (!sha256) throw new Error(`The tests on a real Kubernetes are compiled with Go. ${howToInstall()}`);
  const root = join(cached('go', sha256), 'go');
  if (!existsSync(root)) {
    say(
      `fetching ${pinned.version} from the Go module proxy (83 MB), because ${minor ? 'go is too old' : 'go is missing'}`,
    );
    await publish(root, (partial) => unpackToolchain(partial, sha256));
  }
  return { command: join(root, 'bin', 'go'), toolchain: 'local' };
}

/** 26 of `go version go1.26.8 linux/amd64`; 0 if there is no Go. */
async function minorVersion(command: string): Promise<number> {
  try {
    // Outside any module, and without fetching: the version of what is installed.
    const env = { ...process.env, GOTOOLCHAIN: 'local' };
    const { stdout } = await promisify(execFile)(command, ['version'], { cwd: tmpdir(), env });
    return Number(/go1\.(\d+)/.exec(stdout)?.[1] ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function unpackToolchain(folder: string, sha256: string): Promise<void> {
  const archive = await download(`${moduleProxy()}/golang.org/toolchain/@v/v0.0.1-${pinned.version}.linux-amd64.zip`);
  const found = createHash('sha256').update(archive).digest('hex');
  if (found !== sha256) throw new Error(`The archive of ${pinned.version} has the digest ${found}, not ${sha256}.`);
  // Every name begins with golang.org/toolchain@version/.
  for (const entry of zipEntries(archive)) writeEntry(entry, folder, entry.name.split('/').slice(2).join('/'));
}

async function download(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`Go could not be fetched from ${url}. ${howToInstall()}`, { cause: error });
  }
}

function moduleProxy(): string {
  const urls = (process.env['GOPROXY'] ?? '').split(/[,|]/).filter((entry) => entry.startsWith('http'));
  return (urls[0] ?? 'https://proxy.golang.org').replace(/\/$/, '');
}

function howToInstall(): string {
  return (
    `Install Go 1.${neededMinor} or later (a Go from 1.${fetchingMinor} on fetches that by itself), then again npm test:\n\n` +
    `  sudo apt-get update && sudo apt-get install --no-install-recommends golang-go     (Debian 13, Ubuntu 24.04)\n` +
    `  brew install go\n\nThe fast tests need nothing: npm run test:unit`
  );
}
