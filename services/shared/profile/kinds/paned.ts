/** A kind whose state is one cell a pane: it says what a cell is, this does the rest. */
import type { StateEvent } from '../order.ts';
import { decodePanes, encodePanes, mergePanes, panesAt, placeFor, type Panes, type PaneShape } from '../panes.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import type { CompiledKind } from './kind.ts';

export interface PanedParts<Cell, Input> {
  readonly shape: PaneShape;
  /** undefined: the event lacks what the feature reads. */
  readonly read: (at: StateEvent) => Input | undefined;
  /** May change `cell` and give it back; undefined: the pane is new. */
  readonly add: (cell: Cell | undefined, input: Input) => Cell;
  /** Changes neither; the result shares nothing with them that may change. */
  readonly merge: (a: Cell, b: Cell | undefined) => Cell;
  /** `window` holds the panes that count at `now`. */
  readonly value: (window: Panes<Cell>, now: number) => unknown;
  readonly approximate?: (window: Panes<Cell>) => boolean;
  readonly encode: (writer: StateWriter, cell: Cell) => void;
  readonly decode: (reader: StateReader) => Cell;
}

export function panedKind<Cell, Input>(parts: PanedParts<Cell, Input>): CompiledKind<Panes<Cell>> {
  const { shape } = parts;
  return {
    empty: () => ({ indexes: [], cells: [] }),
    update(state, at) {
      const input = parts.read(at);
      if (input === undefined) return undefined;
      const place = placeFor(state, shape, at.time);
      if (place >= 0) state.cells[place] = parts.add(state.cells[place], input);
      return state;
    },
    merge: (a, b) => mergePanes(shape, a, b, parts.merge),
    value: (state, now) => parts.value(panesAt(state, shape, now), now),
    approximate: (state, now) => parts.approximate?.(panesAt(state, shape, now)) ?? false,
    encode: (writer, state) => encodePanes(writer, state, parts.encode),
    decode: (reader) => decodePanes(reader, shape, parts.decode),
  };
}
