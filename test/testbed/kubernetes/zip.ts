/** Reads zip archives, so that no unzip needs to be installed. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  content(): Buffer;
}

const endSignature = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const entrySignature = 0x02014b50;
const endBytes = 22;
const entryBytes = 46;
const localHeaderBytes = 30;
const deflated = 8;

/** The files of an archive of less than 65,535 entries and 4 GiB, as its directory lists them. */
export function zipEntries(archive: Buffer): ZipEntry[] {
  const end = archive.lastIndexOf(endSignature);
  if (end < 0 || end + endBytes > archive.length) throw new Error('This is no zip archive, or it is cut off.');
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const { entry, next } = readEntry(archive, at);
    if (!entry.name.endsWith('/')) entries.push(entry);
    at = next;
  }
  return entries;
}

function readEntry(archive: Buffer, at: number): { entry: ZipEntry; next: number } {
  if (archive.readUInt32LE(at) !== entrySignature) throw new Error(`The zip archive has no entry at byte ${at}.`);
  const size = archive.readUInt32LE(at + 20);
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
  const nameStart = at + entryBytes;
  const nameEnd = nameStart + nameLength!;
  const content = () => {
    const local = archive.readUInt32LE(at + 42);
    const start = local + localHeaderBytes + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(start, start + size);
    return archive.readUInt16LE(at + 10) === deflated ? inflateRawSync(bytes) : bytes;
  };
  return {
    entry: { name: archive.toString('utf8', nameStart, nameEnd), content },
    next: nameEnd + extraLength! + commentLength!,
  };
}

/** Writes one entry below `folder`, never beside it. */
export function writeEntry(entry: ZipEntry, folder: string, name: string): void {
  const path = resolve(folder, name);
  if (!path.startsWith(resolve(folder) + sep)) throw new Error(`The zip archive holds a path that leads out: ${name}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, entry.content());
  if (/(^|\/)(bin|tool)\//.test(name)) chmodSync(path, 0o755);
}
