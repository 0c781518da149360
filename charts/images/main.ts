/**
 * Builds the container images without Docker, or lays out their files for the Dockerfile.
 *   node charts/images/main.ts [--out DIR] [--target services|trainer] [--source URL] [--native cpu|gpu|none] [--folders]
 * Writes DIR/TARGET.tar and DIR/TARGET.cdx.json; with --folders DIR/TARGET/LAYER instead.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { flavours } from '../../services/shared/adapters/tensor/native-library.ts';
import { type Assembled, type Wanted, withImages } from './assemble.ts';
import { writeFolder } from './folder.ts';
import { architectureOf, type Target, targets } from './image.ts';
import { writeArchive } from './oci-archive.ts';

const usage = `Builds the container images without Docker, or lays out their files for the Dockerfile.
  --target services|trainer  one of the two; default: both
  --out DIR                  where DIR/TARGET.tar (an OCI archive) and DIR/TARGET.cdx.json go; default: dist/images
  --source URL               where the sources are, for the label org.opencontainers.image.source
  --native cpu|gpu|none      TensorFlow in the trainer's image, which is installed first; default: cpu
  --folders                  DIR/TARGET/LAYER in place of archives
`;

interface Values {
  readonly help: boolean;
  readonly out: string;
  readonly target?: string | undefined;
  readonly source: string;
  readonly native: string;
  readonly folders: boolean;
}

const readValues = (): Values =>
  parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      out: { type: 'string', default: 'dist/images' },
      target: { type: 'string' },
      source: { type: 'string', default: '' },
      native: { type: 'string', default: 'cpu' },
      folders: { type: 'boolean', default: false },
    },
  }).values;

function wantedTargets(target: string | undefined): Target[] {
  const wanted = targets.filter((name) => target === undefined || name === target);
  if (wanted.length === 0) throw new TypeError(`--target ${target}: there are ${targets.join(' and ')}.`);
  return wanted;
}

function wantedNative(native: string): Wanted['native'] {
  const found = ([...flavours, 'none'] as const).find((each) => each === native);
  if (found === undefined) throw new TypeError(`--native ${native}: there are ${flavours.join(', ')} and none.`);
  return found;
}

async function write(values: Values, target: Target, { image, sbom }: Assembled): Promise<string> {
  const out = resolve(values.out);
  if (values.folders) {
    for (const layer of image.layers) await writeFolder(join(out, target, layer.name), layer);
    return join(values.out, target);
  }
  const architecture = architectureOf({ os: process.platform, cpu: process.arch });
  const { digest, layerBytes } = await writeArchive(join(out, `${target}.tar`), image, architecture);
  await writeFile(join(out, `${target}.cdx.json`), sbom);
  return `${join(values.out, `${target}.tar`)}: ${image.name}@${digest}, ${Math.round(layerBytes / 1e6)} MB`;
}

async function build({ values, wanted, native }: Call): Promise<void> {
  await mkdir(resolve(values.out), { recursive: true });
  await withImages({ wanted, source: values.source, native }, async (images) => {
    for (const [index, assembled] of images.entries())
      process.stdout.write(`${await write(values, wanted[index]!, assembled)}\n`);
  });
}

interface Call {
  readonly values: Values;
  readonly wanted: readonly Target[];
  readonly native: Wanted['native'];
}

/** Undefined where the command was called wrongly, which is said. */
function readCall(): Call | undefined {
  try {
    const values = readValues();
    return { values, wanted: wantedTargets(values.target), native: wantedNative(values.native) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

const call = readCall();
if (call?.values.help) process.stdout.write(usage);
else if (call) await build(call);
