/** The container images for suites that run real pods, built once for each state of what goes into them. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withImages } from '../../charts/images/assemble.ts';
import { architectureOf, nameOf, type Target } from '../../charts/images/image.ts';
import { writeArchive } from '../../charts/images/oci-archive.ts';
import { cached, publish } from './kubernetes/cache.ts';

export interface BuiltImage {
  /** As a pod names it. */
  readonly name: string;
  /** For `ctr --namespace k8s.io images import`. */
  readonly archive: string;
}

const root = join(import.meta.dirname, '../..');
const sources = ['cli', 'crds', 'operator', 'services', 'charts/images'];
const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'LICENSE'];

/** Of what is not used for so long, in milliseconds, the cache is rid: each state of the sources is 200 MB. */
const keptMs = 3_600_000;

/** Takes some 15 s where it is not in the cache. */
export async function ensureImage(target: Target, say: (text: string) => void): Promise<BuiltImage> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = cached('images', digestOfInputs());
  const archive = join(folder, `${target}.tar`);
  if (existsSync(archive)) utimesSync(folder, new Date(), new Date());
  else {
    say(`building the image ${target}`);
    removeUnused(dirname(folder));
    await publish(archive, async (partial) => {
      const architecture = architectureOf({ os: process.platform, cpu: process.arch });
      await withImages({ wanted: [target], source: '', native: 'cpu' }, ([built]) =>
        writeArchive(partial, built!.image, architecture),
      );
    });
  }
  return { name: nameOf(target, { version }), archive };
}

function removeUnused(cache: string): void {
  const folders = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith('images-')) : [];
  const oldest = Date.now() - keptMs;
  for (const path of folders.map((name) => join(cache, name)))
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? oldest) < oldest)
      rmSync(path, { recursive: true, force: true });
}

/** What Node and the C library are comes from this machine. */
function digestOfInputs(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const hash = createHash('sha256').update([process.version, process.arch, header.glibcVersionRuntime].join('\0'));
  for (const path of [...settings, ...sources.flatMap(sourcesUnder)]) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}
