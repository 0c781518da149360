/** Which of the npm packages only trainings need, so that the services' image carries none of them. Pure. */
import type { Lockfile, Package } from './packages.ts';

const isTensorLibrary = (name: string): boolean => name.startsWith('@tensorflow/');

/** Those that something else than a tensor library depends on, by the lock file. */
export function withoutTensors(lock: Lockfile, packages: readonly Package[]): Package[] {
  const roots = Object.keys(lock.packages['']?.dependencies ?? {}).filter((name) => !isTensorLibrary(name));
  const reached = new Set<string>();
  const open = roots.map((name) => pathOf(lock, '', name));
  for (let path = open.pop(); open.length > 0 || path !== undefined; path = open.pop()) {
    if (path === undefined || reached.has(path)) continue;
    reached.add(path);
    const { dependencies, peerDependencies, optionalDependencies } = lock.packages[path]!;
    const names = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    open.push(...names.map((name) => pathOf(lock, path, name)));
  }
  return packages.filter(({ path }) => reached.has(path));
}

/** As Node looks for it: in the folder of who asks, then upwards. Undefined where an optional one, or a peer, is not locked. */
function pathOf({ packages }: Lockfile, from: string, name: string): string | undefined {
  const own = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
  if (packages[own] !== undefined) return own;
  if (from === '') return undefined;
  const above = from.lastIndexOf('/node_modules/');
  return pathOf({ packages }, above === -1 ? '' : from.slice(0, above), name);
}
