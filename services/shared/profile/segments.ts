/** Where a state's features lie in its bytes. A feature is read when it is first needed, and written when it has changed. */
import type { CompiledFeatures } from './compile.ts';
import type { ProfileState } from './profile.ts';
import { StateReader } from './state-reader.ts';

/** The bytes that a state was read from or written to last, each feature's segment at its place. */
export interface Segments {
  /** Never change once they are here. */
  bytes: Buffer;
  readonly starts: number[];
  /** `changed` where the feature is no longer what its segment says. */
  readonly sizes: number[];
}

/** In place of a segment's size. */
export const changed = -1;

const noBytes: Buffer = Buffer.alloc(0);

/** Of a state whose features are all to be written. */
export function unwritten(counted: readonly number[]): Segments {
  return { bytes: noBytes, starts: counted.map(() => 0), sizes: counted.map((events) => (events > 0 ? changed : 0)) };
}

/** The state of the feature at `place`, to be looked at. Throws `BadData` if its bytes are damaged. */
export function featureAt(compiled: CompiledFeatures, state: ProfileState, place: number): unknown {
  const known = state.features[place];
  return known === undefined ? open(compiled, state, place) : known;
}

function open({ features }: CompiledFeatures, state: ProfileState, place: number): unknown {
  const { kind } = features[place]!;
  const opened = state.counted[place] === 0 ? kind.empty() : read(kind, state, place);
  state.features[place] = opened;
  return opened;
}

function read(kind: CompiledFeatures['features'][number]['kind'], state: ProfileState, place: number): unknown {
  const { bytes, starts, sizes } = state.segments;
  const start = starts[place]!;
  const reader = new StateReader(bytes, start, start + sizes[place]!, state.newest[place]!.time);
  const opened = kind.decode(reader);
  reader.finish();
  kind.kept?.(opened, bytes, start);
  return opened;
}

/** Reads whatever an event of this type may change. Throws `BadData` if its bytes are damaged; an event is no cause of that. */
export function openFor(compiled: CompiledFeatures, state: ProfileState, type: string): void {
  const { features } = state;
  for (const place of compiled.countedBy(type)) if (features[place] === undefined) open(compiled, state, place);
}
