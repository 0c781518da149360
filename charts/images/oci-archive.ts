/** An image as one file that `ctr images import`, `docker load`, `podman load` and `skopeo copy oci-archive:` take. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Image } from './image.ts';
import { type Content, type Entry, layerOf, textFile } from './layer.ts';
import { tarOf } from './tar.ts';

export interface Written {
  /** Of the manifest: what a pod may name the image by. */
  readonly digest: string;
  /** Bytes of all layers together. */
  readonly layerBytes: number;
}

interface Blob {
  readonly content: Content;
  /** SHA-256, in hexadecimal digits. */
  readonly hash: string;
}

/** Nothing in an image tells when it was made, so that the same contents are the same image. */
const created = '1970-01-01T00:00:00Z';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** `architecture` as Go names it. Formats: OCI image-spec 1.1; manifest.json is what Docker looks for. */
export async function writeArchive(path: string, image: Image, architecture: string): Promise<Written> {
  const layers: Blob[] = [];
  for (const { entries } of image.layers) layers.push(await blobOf(tarOf(entries)));
  const config = await jsonBlob(configurationOf(image, layers, architecture));
  const manifest = await jsonBlob({
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
  const blobs = [...layers, config, manifest].map(entryOf);
  const index = indexOf(image.name, manifest, architecture);
  const docker = [{ Config: pathOf(config), RepoTags: [shortName(image.name)], Layers: layers.map(pathOf) }];
  const described = [
    textFile('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    textFile('index.json', JSON.stringify(index)),
    textFile('manifest.json', JSON.stringify(docker)),
  ];
  const { entries } = layerOf('archive', [...described, ...blobs]);
  await pipeline(Readable.from(tarOf(entries).read()), createWriteStream(path));
  return {
    digest: `sha256:${manifest.hash}`,
    layerBytes: layers.reduce((sum, { content }) => sum + content.size, 0),
  };
}

function configurationOf({ config, layers }: Image, blobs: readonly Blob[], architecture: string) {
  return {
    created,
    architecture,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: blobs.map(({ hash }) => `sha256:${hash}`) },
    history: layers.map(({ name }) => ({ created, created_by: `build:images ${name}` })),
  };
}

function indexOf(name: string, manifest: Blob, architecture: string) {
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
  };
  const descriptor = { ...descriptorOf(manifest, manifestType), annotations, platform: { architecture, os: 'linux' } };
  return { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [descriptor] };
}

const shortName = (name: string) => name.replace(/^docker\.io\/library\//, '');

const pathOf = ({ hash }: Blob) => `blobs/sha256/${hash}`;

const entryOf = (blob: Blob): Entry => ({ kind: 'file', path: pathOf(blob), mode: 0o644, content: blob.content });

const descriptorOf = ({ content, hash }: Blob, mediaType: string) => ({
  mediaType,
  digest: `sha256:${hash}`,
  size: content.size,
});

function jsonBlob(value: unknown): Promise<Blob> {
  const bytes = Buffer.from(JSON.stringify(value));
  return blobOf({ size: bytes.length, read: () => [bytes] });
}

async function blobOf(content: Content): Promise<Blob> {
  const hash = createHash('sha256');
  for await (const chunk of content.read()) hash.update(chunk);
  return { content, hash: hash.digest('hex') };
}
