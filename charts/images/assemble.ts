/** Collects what an image holds from a checkout with its npm packages installed: one list, for the Dockerfile and without it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { home } from '../../operator/kubernetes/render/image-layout.ts';
import type { Flavour } from '../../services/shared/adapters/tensor/native-library.ts';
import { configOf, type Image, nameOf, type Release, type Target } from './image.ts';
import { copiedFile, type Entry, type Layer, layerOf, textFile } from './layer.ts';
import { type Library, librariesOf } from './libraries.ts';
import { isRun, type Lockfile, type Package, type Platform, productionPackages } from './packages.ts';
import { sbomOf } from './sbom.ts';
import { packagesOf, systemLayer } from './system.ts';
import { withoutTensors } from './tensor-packages.ts';
import { tensorFlowOf } from './tensorflow.ts';

export interface Assembled {
  readonly image: Image;
  /** CycloneDX; the image has it too, at `sbomPath`. */
  readonly sbom: string;
}

export const sbomPath = `${home}/sbom.cdx.json`;

const root = join(import.meta.dirname, '../..');
/** Of the image, as the paths of entries are: without the leading slash. */
const appFolder = home.slice(1);

export interface Wanted {
  readonly wanted: readonly Target[];
  /** Of the label org.opencontainers.image.source. */
  readonly source: string;
  /** TensorFlow in the trainer's image: for processors, for GPUs, or only WebAssembly. */
  readonly native: Flavour | 'none';
}

/** `use` gets the images while the compiled sources lie in a folder of their own, which is removed afterwards. */
export async function withImages<T>(wanted: Wanted, use: (images: readonly Assembled[]) => Promise<T>): Promise<T> {
  const compiled = mkdtempSync(join(tmpdir(), 'likeness-image-'));
  try {
    await compile(compiled);
    return await use(await assemble(wanted, compiled));
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

/** `npm run build`, but where nothing of an earlier build lies about. */
async function compile(folder: string): Promise<void> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', folder];
  await promisify(execFile)(process.execPath, args).catch((error: unknown) => {
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`The sources do not compile. ${stdout}`, { cause: error });
  });
}

interface Parts extends Wanted {
  /** Of the compiled sources. */
  readonly compiled: string;
  readonly platform: Platform;
  readonly release: Release;
}

async function assemble(wanted: Wanted, compiled: string): Promise<Assembled[]> {
  const { version, license } = readJson<{ version: string; license: string }>('package.json');
  const release = { version, licence: license, source: wanted.source };
  const platform = { os: process.platform, cpu: process.arch, abi: process.versions.modules };
  const images: Assembled[] = [];
  for (const target of wanted.wanted)
    images.push(await assembleOne(target, { ...wanted, compiled, platform, release }));
  return images;
}

async function assembleOne(target: Target, { compiled, platform, release, native }: Parts): Promise<Assembled> {
  const lock = readJson<Lockfile>('package-lock.json');
  const all = productionPackages(lock, platform);
  const packages = target === 'trainer' ? all : withoutTensors(lock, all);
  const tensorFlow = target === 'trainer' && native !== 'none' ? await tensorFlowOf(native, platform) : undefined;
  const dependencies = layerOf(
    'dependencies',
    packages.flatMap((found) => packageFiles(found, platform)),
  );
  const addons = [...addonsOf(dependencies), ...(tensorFlow ? [tensorFlow.addon] : [])];
  const libraries = (await librariesOf([process.execPath, ...addons])).filter(
    ({ path }) => tensorFlow === undefined || !realpathSync(path).startsWith(`${tensorFlow.folder}/`),
  );
  const system = systemLayer(realpathSync(process.execPath), libraries);
  const name = nameOf(target, release, native);
  const { version, licence } = release;
  const everyPackage = [...packages, ...(tensorFlow?.packages ?? [])];
  const wheels = tensorFlow?.wheels ?? [];
  const sbom = sbomOf({ ...describe(libraries), name, version, licence, packages: everyPackage, wheels });
  const app = appLayer(compiled, release, sbom);
  const own = target === 'trainer' ? [tensorFlow?.layer ?? layerOf('tensorflow', [])] : [];
  const layers = [system, ...own, dependencies, app];
  return { sbom, image: { name, config: configOf(target, release), layers } };
}

function packageFiles({ path }: Package, platform: Platform): Entry[] {
  const folder = join(root, path);
  const files = filesUnder(folder, (name) => name !== 'node_modules').filter((file) => isRun(file, platform));
  return files.map((file) => copiedFile(join(appFolder, path, file), join(folder, file)));
}

const addonsOf = ({ entries }: Layer): string[] =>
  entries.flatMap(({ kind, path }) =>
    kind === 'file' && path.endsWith('.glibc.node') ? [join(root, relative(appFolder, path))] : [],
  );

/** A package.json without development's half: what Node and `likeness --version` read. */
function appLayer(compiled: string, { version, licence }: Release, sbom: string): Layer {
  const manifest = { name: 'likeness', version, license: licence, type: 'module', private: true };
  return layerOf('app', [
    ...filesUnder(compiled).map((file) => copiedFile(join(appFolder, file), join(compiled, file))),
    textFile(join(appFolder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`),
    copiedFile(join(appFolder, 'LICENSE'), join(root, 'LICENSE')),
    textFile(sbomPath.slice(1), sbom),
  ]);
}

function describe(libraries: readonly Library[]) {
  return {
    node: { version: process.versions.node, sha256: sha256(process.execPath) },
    osPackages: packagesOf(libraries),
    distribution: distributionId(),
    files: libraries
      .filter((library) => library.package === undefined)
      .map(({ path }) => ({ path, sha256: sha256(path) })),
  };
}

const distributionId = () => /^ID="?([\w.-]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'linux';

/** Relative paths of files, those of links to files among them. */
function filesUnder(folder: string, enters: (name: string) => boolean = () => true): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    if (!enters(entry.name)) return [];
    return filesUnder(join(folder, entry.name), enters).map((file) => join(entry.name, file));
  });
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
