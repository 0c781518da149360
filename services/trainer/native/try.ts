/** Loads an installation and computes with it: try.ts FOLDER FLAVOUR, in a process of its own. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flavours, installationOf, loadNative } from '../../shared/adapters/tensor/native-library.ts';

const [folder, name] = process.argv.slice(2);
const flavour = flavours.find((each) => each === name);
if (folder === undefined || flavour === undefined) throw new Error('try.ts FOLDER FLAVOUR');
const home = mkdtempSync(join(tmpdir(), 'likeness-native-'));
try {
  symlinkSync(folder, installationOf(home, flavour));
  const { tf } = loadNative(home, flavour, process.env);
  const product = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync()[0];
  if (product !== 11) throw new Error(`It says that 1·3 + 2·4 is ${product}.`);
} finally {
  rmSync(home, { recursive: true });
}
