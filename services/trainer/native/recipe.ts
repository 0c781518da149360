/** What an installation of native TensorFlow is made of: versions and digests lie in the folders beside this file. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Flavour, packageOf } from '../../shared/adapters/tensor/native-library.ts';

/** Raised when an installation would be another from the same files. */
const layout = 1;

export interface Recipe {
  readonly flavour: Flavour;
  readonly packageName: string;
  /** package.json and package-lock.json of the npm packages: tfjs-node, and the headers of Node's interface for addons. */
  readonly packages: readonly [string, string];
  /** Of pip: wheels with their SHA-256. The first has TensorFlow's libraries and headers; a GPU's has NVIDIA's too. */
  readonly wheels: string;
  /** Of all this. */
  readonly digest: string;
}

export function recipeOf(flavour: Flavour): Recipe {
  const file = (name: string): string => join(import.meta.dirname, flavour, name);
  const packages = [file('package.json'), file('package-lock.json')] as const;
  const wheels = file('wheels.txt');
  const hash = createHash('sha256').update(JSON.stringify([layout, process.platform, process.arch]));
  for (const path of [...packages, wheels, join(import.meta.dirname, 'unpack.py')]) hash.update(readFileSync(path));
  return { flavour, packageName: packageOf[flavour], packages, wheels, digest: hash.digest('hex') };
}
