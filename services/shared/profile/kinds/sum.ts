/** sum: the field's sum over the window, exact to a millionth; 0 without events. `value` is a line's total already. */
import { addMicro, fromMicro, toMicro, type Micro } from '../micro.ts';
import { paneShape, type Panes } from '../panes.ts';
import { requireNumberField, type NumberDefinition } from './number-definition.ts';
import type { FeatureKind } from './kind.ts';
import { panedKind } from './paned.ts';

export const sum: FeatureKind<NumberDefinition, Panes<Micro>> = {
  version: 1,
  compile(definition, { name }) {
    const field = requireNumberField(name, definition);
    return panedKind<Micro, number>({
      shape: paneShape(name, definition),
      read: field,
      add: (cell = 0, number) => addMicro(cell, toMicro(number)),
      merge: (a, b = 0) => addMicro(a, b),
      value: ({ cells }) => fromMicro(cells.reduce(addMicro, 0)),
      encode: (writer, cell) => writer.signed(cell),
      decode: (reader) => reader.signed(),
    });
  },
};
