/** What min and max share: one number a pane, in millionths. */
import { fromMicro, toMicro } from '../micro.ts';
import { paneShape, type Panes } from '../panes.ts';
import { requireNumberField, type NumberDefinition } from './number-definition.ts';
import type { FeatureKind } from './kind.ts';
import { panedKind } from './paned.ts';

/** `better` is Math.min or Math.max. */
export function extremeKind(better: (a: number, b: number) => number): FeatureKind<NumberDefinition, Panes<number>> {
  return {
    version: 1,
    compile(definition, { name }) {
      const field = requireNumberField(name, definition);
      return panedKind<number, number>({
        shape: paneShape(name, definition),
        read: field,
        add: (cell, number) => (cell === undefined ? toMicro(number) : better(cell, toMicro(number))),
        merge: (a, b = a) => better(a, b),
        value: ({ cells }) => (cells.length === 0 ? null : fromMicro(cells.reduce((a, b) => better(a, b)))),
        encode: (writer, cell) => writer.signed(cell),
        decode: (reader) => reader.integer(),
      });
    },
  };
}
