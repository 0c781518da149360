/** count: how many events there were in the window. */
import { paneShape, type Panes, type Windowed } from '../panes.ts';
import type { FeatureKind } from './kind.ts';
import { panedKind } from './paned.ts';

export const count: FeatureKind<Windowed, Panes<number>> = {
  version: 1,
  compile: (definition, { name }) =>
    panedKind<number, true>({
      shape: paneShape(name, definition),
      read: () => true,
      add: (cell = 0) => cell + 1,
      merge: (a, b = 0) => a + b,
      value: ({ cells }) => cells.reduce((total, cell) => total + cell, 0),
      encode: (writer, cell) => writer.unsigned(cell),
      decode: (reader) => reader.unsigned(),
    }),
};
