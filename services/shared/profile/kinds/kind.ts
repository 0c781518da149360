/** What a feature kind is: a definition compiled to a state, how events change it, and what it says at a moment. */
import type { StateEvent } from '../order.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';

/** What a kind may need beside its definition. */
export interface KindContext {
  /** The feature's name, for errors. */
  readonly name: string;
  /** Weight of an event type in millionths. Weights act in `value` only. */
  readonly weightOf: (type: string) => number;
  /** To be called whenever a bound cuts off exact knowledge. Feeds a metric, nothing else. */
  readonly overflow: () => void;
}

/** What provenance knows of a feature's events, whatever its kind. */
interface Counted {
  readonly events: number;
  /** Milliseconds since 1970; undefined if there were no events. */
  readonly newestTime: number | undefined;
}

/** A feature ready to run. A state is a function of the SET of events: of no order, no batching, no clock. */
export interface CompiledKind<State> {
  empty(): State;
  /** May change `state` and give it back. undefined: the event lacks the field, so it is not counted. */
  update(state: State, at: StateEvent): State | undefined;
  /** Changes neither; the result shares nothing with them that may change. Associative and commutative. */
  merge(a: State, b: State): State;
  /** A JSON value, members in canonical order; `now` in milliseconds, never before the newest event. */
  value(state: State, now: number, counted: Counted): unknown;
  /** True where `value` is an estimate. */
  approximate?(state: State, now: number): boolean;
  /**
   * Only of states that have counted an event. Equal states give equal bytes; `decode` reads exactly what `encode` wrote.
   * Times may be told from that of the newest event counted, which the writer's and the reader's `lastTime` is at first.
   */
  encode(writer: StateWriter, state: State): void;
  decode(reader: StateReader): State;
  /**
   * Called after `encode` and `decode`: what was written or read last begins at `start` of `bytes`, which never change.
   * A state that notes what has changed since can copy the rest from there instead of writing it anew.
   */
  kept?(state: State, bytes: Buffer, start: number): void;
}

export interface FeatureKind<Definition, State> {
  /** To be raised when the same definition comes to mean another state or value: it is part of the definition hash. */
  readonly version: number;
  /** Throws LikenessError `BadSpec`. */
  compile(definition: Definition, context: KindContext): CompiledKind<State>;
}
