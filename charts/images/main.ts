/**
 * Builds the container images without Docker, or lays out their files for the Dockerfile.
 *   node charts/images/main.ts [--out DIR] [--target services|trainer] [--source URL] [--folders]
 * Writes DIR/TARGET.tar and DIR/TARGET.cdx.json; with --folders DIR/TARGET/LAYER instead.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Assembled, withImages } from './assemble.ts';
import { writeFolder } from './folder.ts';
import { architectureOf, type Target, targets } from './image.ts';
import { writeArchive } from './oci-archive.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'dist/images' },
    target: { type: 'string' },
    source: { type: 'string', default: '' },
    folders: { type: 'boolean', default: false },
  },
});

function wantedTargets(target: string | undefined): Target[] {
  const wanted = targets.filter((name) => target === undefined || name === target);
  if (wanted.length === 0) throw new Error(`--target ${target}: there are ${targets.join(' and ')}.`);
  return wanted;
}

async function write(out: string, target: Target, { image, sbom }: Assembled): Promise<string> {
  if (values.folders) {
    for (const layer of image.layers) await writeFolder(join(out, target, layer.name), layer);
    return join(values.out, target);
  }
  const architecture = architectureOf({ os: process.platform, cpu: process.arch });
  const { digest, layerBytes } = await writeArchive(join(out, `${target}.tar`), image, architecture);
  await writeFile(join(out, `${target}.cdx.json`), sbom);
  return `${join(values.out, `${target}.tar`)}: ${image.name}@${digest}, ${Math.round(layerBytes / 1e6)} MB`;
}

const wanted = wantedTargets(values.target);
const out = resolve(values.out);
await mkdir(out, { recursive: true });
await withImages({ wanted, source: values.source }, async (images) => {
  for (const [index, assembled] of images.entries())
    process.stdout.write(`${await write(out, wanted[index]!, assembled)}\n`);
});
