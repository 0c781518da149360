/**
 * The bytes of a profile: `version, stamp, links, per feature (events counted, newest event), per feature its state`.
 * Equal states give equal bytes. The stamp tells a state that other feature definitions wrote.
 */
import { LikenessError } from '../errors.ts';
import type { CompiledFeatures } from './compile.ts';
import type { Link } from './identity.ts';
import type { ProfileState } from './profile.ts';
import { StateReader } from './state-reader.ts';
import type { StateWriter } from './state-writer.ts';

const version = 1;

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

export function encodeProfile({ features, stamp, writer }: CompiledFeatures, state: ProfileState): Buffer {
  writer.reset();
  writer.unsigned(version);
  writer.word(stamp);
  encodeLinks(writer, state);
  for (let place = 0; place < features.length; place++) {
    writer.unsigned(state.counted[place]!);
    if (state.counted[place]! > 0) writer.order(state.newest[place]);
  }
  for (let place = 0; place < features.length; place++)
    if (state.counted[place]! > 0) features[place]!.kind.encode(writer, state.features[place]);
  return writer.finish();
}

function checkHead(reader: StateReader, stamp: number): void {
  const written = reader.unsigned();
  if (written !== version)
    throw new LikenessError(
      'DefinitionChanged',
      `A profile's state has version ${written}; this code reads ${version}`,
    );
  if (reader.word() !== stamp)
    throw new LikenessError(
      'DefinitionChanged',
      'A profile was stored under other feature definitions; rebuild the pipeline from its log, or restore the spec',
    );
}

/** Throws `DefinitionChanged` where other definitions or another version wrote the bytes, `BadData` if they are damaged. */
export function decodeProfile({ features, stamp }: CompiledFeatures, bytes: Uint8Array): ProfileState {
  const reader = new StateReader(bytes);
  checkHead(reader, stamp);
  const links = decodeLinks(reader);
  const counted: number[] = [];
  const newest: ProfileState['newest'] = [];
  for (let place = 0; place < features.length; place++) {
    counted.push(reader.unsigned());
    newest.push(counted[place] === 0 ? undefined : reader.order());
  }
  const states = features.map(({ kind }, place) => (counted[place] === 0 ? kind.empty() : kind.decode(reader)));
  reader.finish();
  return { features: states, counted, newest, ...links };
}
