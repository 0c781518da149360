/** The trainer's own layer: native TensorFlow as `npm run native` installs it, and what the bill of materials says of it. */
import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nativeHome } from '../../services/shared/adapters/tensor/open.ts';
import { type Flavour, packageOf } from '../../services/shared/adapters/tensor/native-library.ts';
import { ensureNative } from '../../services/trainer/native/install.ts';
import { recipeOf } from '../../services/trainer/native/recipe.ts';
import { nativeFolder } from './image.ts';
import { copiedFile, type Entry, type Layer, layerOf } from './layer.ts';
import { isRun, type Lockfile, type Package, type Platform, productionPackages } from './packages.ts';
import type { Wheel } from './sbom.ts';

export interface TensorFlow {
  readonly layer: Layer;
  /** Links to the libraries that it needs of the system. */
  readonly addon: string;
  /** What comes from here comes with the layer. */
  readonly folder: string;
  readonly packages: readonly Package[];
  readonly wheels: readonly Wheel[];
}

/** Installs it where it is not. */
export async function tensorFlowOf(flavour: Flavour, platform: Platform): Promise<TensorFlow> {
  const say = (text: string): void => void process.stderr.write(`TensorFlow: ${text}\n`);
  const folder = realpathSync(await ensureNative({ flavour, home: nativeHome(process.env), say }));
  const target = `${nativeFolder.slice(1)}/${flavour}`;
  const files = filesUnder(folder).filter((file) => isRun(file, platform));
  const layer = layerOf(
    'tensorflow',
    files.map((file): Entry => copiedFile(join(target, file), join(folder, file))),
  );
  const recipe = recipeOf(flavour);
  const lock = JSON.parse(readFileSync(recipe.packages[1], 'utf8')) as Lockfile;
  const packages = productionPackages(lock, platform).filter(({ name }) => name !== 'node-api-headers');
  return {
    layer,
    addon: join(folder, 'node_modules', packageOf[flavour], 'lib/napi-v8/tfjs_binding.node'),
    folder,
    packages: packages.map((found) => ({ ...found, path: `native/${flavour}/${found.path}` })),
    wheels: wheelsOf(readFileSync(recipe.wheels, 'utf8')),
  };
}

/** Links only lead to files that are there, for compilers and shells. */
function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isSymbolicLink()) return [];
    if (!entry.isDirectory()) return [entry.name];
    return filesUnder(join(folder, entry.name)).map((file) => join(basename(entry.name), file));
  });
}

/** Lines are `NAME==VERSION --hash=sha256:DIGEST`. */
function wheelsOf(text: string): Wheel[] {
  return [...text.matchAll(/^(\S+)==(\S+) --hash=sha256:(\w+)$/gm)].map(([, name, version, sha256]) => ({
    name: name!.replaceAll('_', '-'),
    version: version!,
    sha256: sha256!,
  }));
}
