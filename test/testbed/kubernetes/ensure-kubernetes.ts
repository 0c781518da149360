/** Makes sure that the programs of the control plane are in the cache: compiles them once, from Go modules alone. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { goPrograms, kubernetesPrograms, publish, type GoProgram, type KubernetesPrograms } from './cache.ts';
import { ensureGo, type GoCommand } from './go-toolchain.ts';
import { fetchHelm } from './helm.ts';

const tellEveryMs = 30_000;
/** The packages that have to be compiled; Go's cache may hold the others. */
const listStale = ['list', '-trimpath', '-deps', '-f', '{{if .Stale}}{{.ImportPath}}{{end}}', '.'];

/** Cold about 12 minutes on two idle cores, 2 GB of memory and 5 GB of Go's caches; later nothing. */
export async function ensureKubernetes(say: (text: string) => void): Promise<KubernetesPrograms> {
  const programs = kubernetesPrograms();
  const missing = goPrograms.filter((program) => !existsSync(programs[program.name]));
  if (missing.length > 0) {
    const go = await ensureGo(say);
    // One after the other: both take all cores.
    for (const program of missing)
      await publish(programs[program.name], (partial) => build({ go, program, partial, say }));
  }
  if (!existsSync(programs.helm)) {
    say('fetching Helm (37 MB)');
    await publish(programs.helm, fetchHelm);
  }
  return programs;
}

interface Build {
  readonly go: GoCommand;
  readonly program: GoProgram;
  readonly partial: string;
  readonly say: (text: string) => void;
}

async function build({ go, program, partial, say }: Build): Promise<void> {
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOFLAGS: '-buildvcs=false -mod=readonly',
    GOTOOLCHAIN: go.toolchain,
    GOWORK: 'off',
  };
  say(`compiling ${program.title}, once; minutes on an idle machine, more on a busy one`);
  const options = { cwd: program.source, env };
  const { stdout } = await promisify(execFile)(go.command, listStale, { ...options, maxBuffer: 2 ** 24 });
  const linker = ['-s', '-w', ...Object.entries(program.variables).map(([name, value]) => `-X ${name}=${value}`)];
  const args = ['build', '-v', '-trimpath', '-ldflags', linker.join(' '), '-o', partial, '.'];
  const child = spawn(go.command, args, { ...options, stdio: ['ignore', 'inherit', 'pipe'] });
  const total = stdout.split('\n').filter(Boolean).length;
  const progress = follow(child.stderr, (compiled) => say(`${program.title}: ${compiled} of ${total} packages`));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const last = progress.end();
  if (code !== 0) throw new Error(`go build ended with ${code} in ${program.source}:\n${last}`);
}

/** `go build -v` names each package when it begins with it. Returns what it said last, for an error. */
function follow(stream: NodeJS.ReadableStream, tell: (compiled: number) => void): { end(): string } {
  const lines: string[] = [];
  let compiled = 0;
  createInterface(stream).on('line', (line) => {
    if (!line.includes(' ')) compiled++;
    lines.push(line);
  });
  const timer = setInterval(() => tell(compiled), tellEveryMs);
  return {
    end: () => {
      clearInterval(timer);
      return lines.slice(-40).join('\n');
    },
  };
}
