/** Compiles one Go program of the test bed from Go modules alone, and tells how far it is. */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { GoProgram } from './cache.ts';
import type { GoCommand } from './go-toolchain.ts';

const tellEveryMs = 30_000;
/** The packages that have to be compiled; Go's cache may hold the others. */
const listStale = ['list', '-trimpath', '-deps', '-f', '{{if .Stale}}{{.ImportPath}}{{end}}'];

interface Build {
  readonly go: GoCommand;
  readonly program: GoProgram;
  readonly partial: string;
  readonly say: (text: string) => void;
}

export async function buildGo({ go, program, partial, say }: Build): Promise<void> {
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOFLAGS: '-buildvcs=false -mod=readonly',
    GOTOOLCHAIN: go.toolchain,
    GOWORK: 'off',
  };
  const { target = '.' } = program;
  say(`compiling ${program.title}, once; minutes on an idle machine, more on a busy one`);
  const options = { cwd: program.source, env };
  const { stdout } = await promisify(execFile)(go.command, [...listStale, target], { ...options, maxBuffer: 2 ** 24 });
  const linker = ['-s', '-w', ...Object.entries(program.variables).map(([name, value]) => `-X ${name}=${value}`)];
  const args = ['build', '-v', '-trimpath', '-ldflags', linker.join(' '), '-o', partial, target];
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
