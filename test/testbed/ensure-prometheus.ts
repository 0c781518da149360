/** Prometheus and its promtool: those of the PATH, or Debian's package unpacked into the cache. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, publish } from './kubernetes/cache.ts';

const run = promisify(execFile);

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

const names = ['prometheus', 'promtool'] as const;
const folder = cached('prometheus', process.arch);

/** Absolute paths, or names of the PATH. */
export function prometheusPrograms(): PrometheusPrograms {
  const bin = isOnPath() ? '' : join(folder, 'usr/bin/');
  return { prometheus: `${bin}prometheus`, promtool: `${bin}promtool` };
}

function isOnPath(): boolean {
  try {
    for (const name of names) execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Unpacked, not installed: no service is started, nothing of the system changes, and it takes no root. */
export async function ensurePrometheus(say: (text: string) => void): Promise<void> {
  if (isOnPath() || existsSync(folder)) return;
  say('fetching Prometheus (a package of 19 MB)');
  try {
    await publish(folder, unpack);
  } catch (cause) {
    const wanted = 'The tests of the dashboard need Prometheus 2.42 or later: put prometheus and promtool on the PATH';
    throw new Error(`${wanted} (https://prometheus.io).`, { cause });
  }
}

async function unpack(into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  await download(into);
  const archive = join(
    into,
    readdirSync(into).find((file) => file.endsWith('.deb'))!,
  );
  await run('dpkg-deb', ['-x', archive, into]);
  rmSync(archive);
}

/** Lists of packages are fetched only where the ones that are there do not do. */
async function download(into: string): Promise<void> {
  const get = () => run('apt-get', ['-q', 'download', 'prometheus'], { cwd: into });
  try {
    await get();
  } catch {
    await run('apt-get', ['-q', 'update']);
    await get();
  }
}
