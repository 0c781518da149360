/** Layers as folders on disk, which the Dockerfile copies from and tests run in. */
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry, Layer } from './layer.ts';

/** `folder` need not be there; what is in it already stays. */
export async function writeFolder(folder: string, { entries }: Layer): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const entry of entries) await writeEntry(join(folder, entry.path), entry);
}

async function writeEntry(path: string, entry: Entry): Promise<void> {
  if (entry.kind === 'link') return symlink(entry.target, path);
  if (entry.kind === 'directory') await mkdir(path, { recursive: true });
  else await pipeline(Readable.from(entry.content.read()), createWriteStream(path));
  // Whatever umask there is.
  await chmod(path, entry.mode);
}
