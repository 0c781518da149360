/** What first and last share: a field's value in one event, the first or the last in the order of events. */
import { canonicalJson } from '../../canonical-json.ts';
import { scalarField, type Scalar } from '../fields.ts';
import { isoTime } from '../iso-time.ts';
import { compareBytes, comparePosition, type StateEvent } from '../order.ts';
import { decodeScalar, encodeScalar } from '../scalar-codec.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import type { CompiledKind, FeatureKind } from './kind.ts';

interface EdgeDefinition {
  readonly field: string;
}

interface Held {
  readonly time: number;
  readonly hi: number;
  readonly lo: number;
  readonly value: Scalar;
}

type Edge = Held | null;

const compareHeld = (a: Held, b: Held): number =>
  comparePosition(a, b) || (a.value === b.value ? 0 : compareBytes(canonicalJson(a.value), canonicalJson(b.value)));

function encodeHeld(writer: StateWriter, { time, hi, lo, value }: Held): void {
  writer.time(time);
  writer.word(hi);
  writer.word(lo);
  encodeScalar(writer, value);
}

function decodeHeld(reader: StateReader): Held {
  const time = reader.time();
  const hi = reader.word();
  return { time, hi, lo: reader.word(), value: decodeScalar(reader) };
}

/** For `field: time` nothing but the time is kept: among equal times it makes no difference which event it was. */
const timeOnly = {
  encode: (writer: StateWriter, { time }: Held): void => writer.time(time),
  decode: (reader: StateReader): Held => timeHeld(reader.time()),
};

const timeHeld = (time: number): Held => ({ time, hi: 0, lo: 0, value: '' });

function reader(field: string): (at: StateEvent) => Edge {
  if (field === 'time') return ({ time }) => timeHeld(time);
  const read = scalarField(field);
  return (at) => {
    const value = read(at);
    return value === undefined ? null : { time: at.time, hi: at.order.hi, lo: at.order.lo, value };
  };
}

/** `sign`: 1 for the last, -1 for the first. */
export function edgeKind(sign: 1 | -1): FeatureKind<EdgeDefinition, Edge> {
  return { version: 2, compile: ({ field }) => compileEdge(sign, field) };
}

function compileEdge(sign: 1 | -1, field: string): CompiledKind<Edge> {
  const read = reader(field);
  const codec = field === 'time' ? timeOnly : { encode: encodeHeld, decode: decodeHeld };
  const better = (a: Edge, b: Edge): Edge => (b === null || (a !== null && sign * compareHeld(a, b) >= 0) ? a : b);
  return {
    empty: () => null,
    update(state, at) {
      const held = read(at);
      return held === null ? undefined : better(state, held);
    },
    merge: better,
    value: (state) => (state === null ? null : field === 'time' ? isoTime(state.time) : state.value),
    encode(writer, state) {
      if (state !== null) codec.encode(writer, state);
    },
    decode: codec.decode,
  };
}
