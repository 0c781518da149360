/** Installs native TensorFlow for Node: npm's package, libraries from PyPI, and its addon compiled against them. */
import { copyFileSync, existsSync, globSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Flavour, installationOf } from '../../shared/adapters/tensor/native-library.ts';
import { checkCommands, run } from './commands.ts';
import { type Recipe, recipeOf } from './recipe.ts';

export interface Installing {
  readonly flavour: Flavour;
  /** The folder of all installations. */
  readonly home: string;
  readonly say: (text: string) => void;
}

/** The installation's folder. It appears complete or not at all; one that is there is taken as it is. */
export async function ensureNative({ flavour, home, say }: Installing): Promise<string> {
  const recipe = recipeOf(flavour);
  const folder = join(home, `${flavour}-${recipe.digest.slice(0, 16)}`);
  if (!existsSync(folder)) {
    checkPlatform();
    await checkCommands();
    await make(recipe, folder, say);
  }
  pointAt(installationOf(home, flavour), basename(folder));
  return folder;
}

function checkPlatform(): void {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new Error(
    `Native TensorFlow is installed on linux-x64, and this is ${process.platform}-${process.arch}. ` +
      'Trainings run without it, on WebAssembly.',
  );
}

async function make(recipe: Recipe, folder: string, say: (text: string) => void): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    await fill(recipe, partial, say);
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** A link with a name that stays: what is opened. Renamed into place, so that it is there at every moment. */
function pointAt(link: string, target: string): void {
  const fresh = `${link}.${process.pid}`;
  symlinkSync(target, fresh);
  renameSync(fresh, link);
}

async function fill(recipe: Recipe, folder: string, say: (text: string) => void): Promise<void> {
  say(`${recipe.packageName} from npm`);
  for (const file of recipe.packages) copyFileSync(file, join(folder, basename(file)));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('Installing npm packages', 'npm', ['ci', ...quiet], folder);
  const deps = join(folder, 'node_modules', recipe.packageName, 'deps');
  await fetchLibraries(recipe, folder, { deps, say });
  say('compiling the addon');
  await compile(recipe, folder);
  prune(folder, deps);
  say('trying it');
  await run('Loading it', process.execPath, [join(import.meta.dirname, 'try.ts'), folder, recipe.flavour], folder);
}

const platforms = ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64', 'manylinux1_x86_64'];

async function fetchLibraries(
  { wheels, flavour }: Recipe,
  folder: string,
  { deps, say }: { readonly deps: string; readonly say: (text: string) => void },
): Promise<void> {
  const size = flavour === 'cpu' ? '230 MB' : '2.4 GB, of CUDA the most';
  say(`TensorFlow's libraries from PyPI (${size})`);
  const fetched = join(folder, 'wheels');
  // Any Python can fetch them: the version only names the wheel.
  const kind = ['--python-version', '3.11', '--implementation', 'cp', '--only-binary', ':all:', '--no-deps'];
  const where = platforms.flatMap((platform) => ['--platform', platform]);
  const pip = ['-m', 'pip', 'download', '-q', '--disable-pip-version-check', '--require-hashes', '--dest', fetched];
  await run('Downloading from PyPI', 'python3', [...pip, ...kind, ...where, '--requirement', wheels], folder);
  say('unpacking');
  const files = readdirSync(fetched).map((name) => join(fetched, name));
  await run('Unpacking', 'python3', [join(import.meta.dirname, 'unpack.py'), deps, ...files], folder);
  rmSync(fetched, { recursive: true });
  // Symbols for debuggers, 170 MB; those of the C interface stay.
  const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  await run('Stripping', 'strip', ['--strip-unneeded', ...libraries], join(deps, 'lib'));
  symlinkSync(libraries[0]!, join(deps, 'lib/libtensorflow.so'));
  symlinkSync(libraries[1]!, join(deps, 'lib/libtensorflow_framework.so'));
}

async function compile({ packageName }: Recipe, folder: string): Promise<void> {
  const home = join('node_modules', packageName);
  const out = join(home, 'lib/napi-v8');
  mkdirSync(join(folder, out), { recursive: true });
  const options = ['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'];
  const include = [home, `${home}/..`, `${home}/deps/include`, 'node_modules/node-api-headers/include'];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(home, 'binding', file));
  const libraries = [
    `-L${home}/deps/lib`,
    '-Wl,-rpath,$ORIGIN/../../deps/lib',
    '-ltensorflow',
    '-ltensorflow_framework',
  ];
  const args = [...options, ...include.map((path) => `-I${path}`), '-o', join(out, 'tfjs_binding.node')];
  await run('Compiling', 'g++', [...args, ...sources, ...libraries], folder);
}

/** Headers, maps, declarations, and bundles for browsers: more than half of it. */
function prune(folder: string, deps: string): void {
  rmSync(join(deps, 'include'), { recursive: true });
  rmSync(join(folder, 'node_modules/node-api-headers'), { recursive: true });
  const needless = ['*.map', '*.d.ts', '*.min.js', '*.es2017.js', '*.fesm.js'].map((end) => `**/${end}`);
  const libraries = join(folder, 'node_modules/@tensorflow');
  for (const path of globSync(needless, { cwd: libraries })) rmSync(join(libraries, path));
}
