/** What a layer of an image holds: an ordered list of entries, without owners and times. Pure but for `copiedFile`. */
import { createReadStream, statSync } from 'node:fs';
import { dirname } from 'node:path/posix';

/** Bytes that can be read more than once. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** `path` is from the root of the image, without a leading slash. Everything belongs to root. */
export type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Content }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

export interface Layer {
  /** Of its folder in the Dockerfile's build, and in the image's history. */
  readonly name: string;
  readonly entries: readonly Entry[];
}

const readable = 0o644;
const executable = 0o755;

/** The same entries in whatever order make the same layer: sorted, each folder before what is in it. Throws on a path twice. */
export function layerOf(name: string, entries: readonly Entry[]): Layer {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) {
    if (byPath.has(entry.path)) throw new Error(`Layer ${name} holds /${entry.path} twice.`);
    byPath.set(entry.path, entry);
  }
  for (const path of [...byPath.keys()].flatMap(parentsOf)) {
    if (!byPath.has(path)) byPath.set(path, { kind: 'directory', path, mode: executable });
  }
  return { name, entries: [...byPath.values()].toSorted((one, other) => (one.path < other.path ? -1 : 1)) };
}

function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === '.' ? [] : [...parentsOf(parent), parent];
}

export function textFile(path: string, text: string): Entry {
  const bytes = Buffer.from(text);
  return { kind: 'file', path, mode: readable, content: { size: bytes.length, read: () => [bytes] } };
}

/** Of a file's mode only whether it can be run counts: the rest is how a checkout happened to be made. */
export function copiedFile(path: string, source: string): Entry {
  const { mode } = statSync(source);
  return { kind: 'file', path, mode: mode & 0o111 ? executable : readable, content: fileContent(source) };
}

function fileContent(source: string): Content {
  return { size: statSync(source).size, read: () => createReadStream(source, { highWaterMark: 1024 * 1024 }) };
}
