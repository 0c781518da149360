/** The shared libraries that programs need from the operating system, and the Debian packages that these belong to. */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface OsPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Its paragraph in Debian's list of installed packages, which scanners of images read. */
  readonly status: string;
}

export interface Library {
  /** Where the dynamic linker looks for it. */
  readonly path: string;
  /** Absent where dpkg does not know the file, or there is no dpkg. */
  readonly package?: OsPackage;
}

/** Sorted by path. Throws if one is not there, or where there is no glibc. */
export async function librariesOf(programs: readonly string[]): Promise<Library[]> {
  const outputs = await Promise.all(programs.map((program) => run('ldd', [program])));
  const paths = new Set(outputs.flatMap(({ stdout }, index) => parseLdd(stdout, programs[index]!)));
  const packages = await packagesOf([...paths]);
  return [...paths].toSorted().map((path) => ({ path, ...(packages.has(path) && { package: packages.get(path)! }) }));
}

/** Lines are `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)` of the linker itself; what the kernel brings has no path. */
export function parseLdd(output: string, program: string): string[] {
  const missing = /(\S+) => not found/.exec(output)?.[1];
  if (missing !== undefined) throw new Error(`${program} needs ${missing}, which is not on this machine.`);
  return [...output.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!);
}

async function packagesOf(paths: readonly string[]): Promise<Map<string, OsPackage>> {
  const found = new Map<string, OsPackage>();
  if (!existsSync('/var/lib/dpkg/status')) return found;
  const known = new Map<string, OsPackage>();
  for (const path of paths) {
    const owner = await ownerOf(path);
    if (owner === undefined) continue;
    if (!known.has(owner)) known.set(owner, await describe(owner));
    found.set(path, known.get(owner)!);
  }
  return found;
}

/** Debian moved /lib into /usr/lib, and its list of files still names some by one path and some by the other. */
async function ownerOf(path: string): Promise<string | undefined> {
  const real = realpathSync(path);
  for (const candidate of new Set([path, real, real.replace(/^\/usr/, ''), `/usr${path}`])) {
    const owner = await run('dpkg-query', ['--search', candidate]).then(
      ({ stdout }) => /^([^:\s]+(?::\w+)?): /.exec(stdout)?.[1],
      () => undefined,
    );
    if (owner !== undefined) return owner;
  }
  return undefined;
}

async function describe(owner: string): Promise<OsPackage> {
  const { stdout: fields } = await run('dpkg-query', [
    '--show',
    '--showformat=${Package} ${Version} ${Architecture}',
    owner,
  ]);
  const { stdout: status } = await run('dpkg-query', ['--status', owner]);
  const [name, version, architecture] = fields.split(' ');
  return { name: name!, version: version!, architecture: architecture!, status };
}
