/**
 * The bytes of a profile: `version, stamp, links, per feature (events counted, newest event, size of its segment), per
 * feature its segment`. A segment can be read by itself and depends on nothing but its feature, so that reading takes
 * only the features that are needed, and writing only those that have changed. Equal states give equal bytes, whatever
 * was copied. The stamp tells a state that other feature definitions wrote.
 */
import { LikenessError } from '../errors.ts';
import type { CompiledFeatures } from './compile.ts';
import type { Link } from './identity.ts';
import type { ProfileState } from './profile.ts';
import { changed } from './segments.ts';
import { StateReader } from './state-reader.ts';
import type { StateWriter } from './state-writer.ts';

const version = 2;

function encodeLink(writer: StateWriter, { id, time, hi, lo }: Link): void {
  writer.time(time);
  writer.plain(id);
  writer.word(hi);
  writer.word(lo);
}

function decodeLink(reader: StateReader): Link {
  const time = reader.time();
  const id = reader.plain();
  const hi = reader.word();
  return { id, time, hi, lo: reader.word() };
}

/** Number of sources, doubled, and 1 if there is a link: one byte for an unlinked profile. */
function encodeLinks(writer: StateWriter, { link, sources }: ProfileState): void {
  writer.unsigned(sources.length * 2 + (link === undefined ? 0 : 1));
  if (link !== undefined) encodeLink(writer, link);
  for (const source of sources) encodeLink(writer, source);
}

function decodeLinks(reader: StateReader): Pick<ProfileState, 'link' | 'sources'> {
  const head = reader.unsigned();
  const link = head % 2 === 1 ? decodeLink(reader) : undefined;
  const sources: Link[] = [];
  for (let left = Math.floor(head / 2); left > 0; left--) sources.push(decodeLink(reader));
  return { link, sources };
}

/** By place, for the state that is being encoded: where in the writer its segment begins, or `kept`; and its size. */
const written: { readonly starts: number[]; readonly sizes: number[] } = { starts: [], sizes: [] };
const kept = -1;

/** The result is kept with the state and must never be changed. */
export function encodeProfile(compiled: CompiledFeatures, state: ProfileState): Buffer {
  const { writer } = compiled;
  writer.reset();
  const segments = writeSegments(compiled, state);
  const head = writer.size;
  encodeHead(compiled, state);
  const bytes = Buffer.allocUnsafe(writer.size - head + segments);
  writer.copyTo(bytes, 0, head, writer.size);
  placeSegments(compiled, state, bytes, writer.size - head);
  return bytes;
}

/** Writes the segments that have changed. Gives the size of all segments together. */
function writeSegments({ features, writer }: CompiledFeatures, state: ProfileState): number {
  const { sizes } = state.segments;
  let total = 0;
  for (let place = 0; place < features.length; place++) {
    let size = sizes[place]!;
    written.starts[place] = kept;
    if (size === changed) {
      const start = writer.size;
      writer.begin(state.newest[place]!.time);
      features[place]!.kind.encode(writer, state.features[place]);
      size = writer.size - start;
      written.starts[place] = start;
    }
    written.sizes[place] = size;
    total += size;
  }
  return total;
}

function encodeHead({ features, stamp, writer }: CompiledFeatures, state: ProfileState): void {
  writer.begin(0);
  writer.unsigned(version);
  writer.word(stamp);
  encodeLinks(writer, state);
  for (let place = 0; place < features.length; place++) {
    const events = state.counted[place]!;
    writer.unsigned(events);
    if (events === 0) continue;
    writer.order(state.newest[place]!);
    writer.unsigned(written.sizes[place]!);
  }
}

/** Puts the segments one behind the other from `start` on: those written from the writer, the others from the bytes before. */
function placeSegments(
  { features, writer }: CompiledFeatures,
  state: ProfileState,
  bytes: Buffer,
  start: number,
): void {
  const { segments } = state;
  const { starts, sizes } = segments;
  let at = start;
  for (let place = 0; place < features.length;) {
    const first = place;
    const isKept = written.starts[first] === kept;
    const from = isKept ? starts[first]! : written.starts[first]!;
    const runStart = at;
    // Neighbours of one origin lie side by side there too: one copy for all of them.
    for (; place < features.length && (written.starts[place] === kept) === isKept; place++) {
      starts[place] = at;
      at += sizes[place] = written.sizes[place]!;
    }
    if (isKept) segments.bytes.copy(bytes, runStart, from, from + at - runStart);
    else writer.copyTo(bytes, runStart, from, from + at - runStart);
  }
  segments.bytes = bytes;
  for (let place = 0; place < features.length; place++)
    if (written.starts[place] !== kept) features[place]!.kind.kept?.(state.features[place], bytes, starts[place]!);
}

function checkHead(reader: StateReader, stamp: number): void {
  const found = reader.unsigned();
  if (found !== version)
    throw new LikenessError('DefinitionChanged', `A profile's state has version ${found}; this code reads ${version}`);
  if (reader.word() !== stamp)
    throw new LikenessError(
      'DefinitionChanged',
      'A profile was stored under other feature definitions; rebuild the pipeline from its log, or restore the spec',
    );
}

/**
 * Reads the head alone; features are read when they are needed, so `bytes` must not be changed as long as the state is
 * used. Throws `DefinitionChanged` where other definitions or another version wrote the bytes, `BadData` if they are
 * damaged; damage within a segment is found, and thrown, when that is read.
 */
export function decodeProfile({ features, stamp }: CompiledFeatures, bytes: Uint8Array): ProfileState {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new StateReader(buffer);
  checkHead(reader, stamp);
  const links = decodeLinks(reader);
  const counted: number[] = [];
  const newest: ProfileState['newest'] = [];
  const sizes: number[] = [];
  for (let place = 0; place < features.length; place++) {
    const events = reader.unsigned();
    counted.push(events);
    newest.push(events === 0 ? undefined : reader.order());
    sizes.push(events === 0 ? 0 : reader.unsigned());
  }
  const starts: number[] = [];
  let at = reader.at;
  for (const size of sizes) {
    starts.push(at);
    at += size;
  }
  reader.expectEnd(at);
  const segments = { bytes: buffer, starts, sizes };
  return { features: features.map(() => undefined), counted, newest, ...links, segments };
}
