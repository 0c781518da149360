/** The tar format (POSIX ustar) of a layer: the same entries always give the same bytes, whatever tar is installed. Pure. */
import type { Content, Entry } from './layer.ts';

const blockBytes = 512;
/** Readers expect an archive to be filled up to a multiple of this. */
const recordBytes = 20 * blockBytes;
const typeFlags = { file: '0', link: '2', directory: '5' } as const;
const linkMode = 0o777;
const longestName = 100;
const longestPrefix = 155;

/** Everything belongs to root, and nothing has a time. Throws on a path that ustar cannot say. */
export function tarOf(entries: readonly Entry[]): Content {
  const bytes = entries.reduce((sum, entry) => sum + blockBytes + padded(sizeOf(entry)), 0);
  const size = Math.ceil((bytes + 2 * blockBytes) / recordBytes) * recordBytes;
  return {
    size,
    async *read() {
      for (const entry of entries) {
        yield headerOf(entry);
        if (entry.kind === 'file') yield* filled(entry.path, entry.content);
      }
      yield Buffer.alloc(size - bytes);
    },
  };
}

async function* filled(path: string, content: Content): AsyncGenerator<Uint8Array> {
  const { size } = content;
  let count = 0;
  for await (const chunk of content.read()) {
    count += chunk.length;
    yield chunk;
  }
  if (count !== size) throw new Error(`/${path} has ${count} bytes, not ${size}: it changed while it was read.`);
  yield Buffer.alloc(padded(size) - size);
}

const padded = (size: number) => Math.ceil(size / blockBytes) * blockBytes;

const sizeOf = (entry: Entry) => (entry.kind === 'file' ? entry.content.size : 0);

/** Fields and offsets: POSIX.1-2017, pax, "ustar Interchange Format". */
function headerOf(entry: Entry): Buffer {
  const header = Buffer.alloc(blockBytes);
  const { name, prefix } = split(entry.kind === 'directory' ? `${entry.path}/` : entry.path);
  header.write(name, 0);
  writeOctal(header, { offset: 100, length: 8 }, entry.kind === 'link' ? linkMode : entry.mode);
  writeOctal(header, { offset: 108, length: 8 }, 0);
  writeOctal(header, { offset: 116, length: 8 }, 0);
  writeOctal(header, { offset: 124, length: 12 }, sizeOf(entry));
  writeOctal(header, { offset: 136, length: 12 }, 0);
  header.write(typeFlags[entry.kind], 156);
  if (entry.kind === 'link') header.write(fitting(entry.target, longestName), 157);
  header.write('ustar\u000000', 257, 'latin1');
  header.write(prefix, 345);
  writeChecksum(header);
  return header;
}

function writeOctal(header: Buffer, { offset, length }: { offset: number; length: number }, value: number): void {
  header.write(value.toString(8).padStart(length - 1, '0'), offset);
}

/** The sum of all bytes, this field's taken as spaces. */
function writeChecksum(header: Buffer): void {
  const [offset, length] = [148, 8];
  header.fill(' ', offset, offset + length);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, offset, 'latin1');
}

/** At a slash, the later part not longer than 100 bytes and the former not longer than 155. */
function split(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= longestName) return { name: path, prefix: '' };
  const cut = path.indexOf('/', Buffer.byteLength(path) - longestName - 1);
  if (cut < 1 || cut === path.length - 1) throw new Error(`${path} is too long for a tar archive.`);
  return { name: fitting(path.slice(cut + 1), longestName), prefix: fitting(path.slice(0, cut), longestPrefix) };
}

function fitting(text: string, most: number): string {
  if (Buffer.byteLength(text) > most) throw new Error(`${text} is too long for a tar archive.`);
  return text;
}
