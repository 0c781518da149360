/** mean: the field's mean over the window, one division of the exact sum; null without events. */
import { addMicro, fromMicro, toMicro, type Micro } from '../micro.ts';
import { paneShape, type Panes } from '../panes.ts';
import { requireNumberField, type NumberDefinition } from './number-definition.ts';
import type { FeatureKind } from './kind.ts';
import { panedKind } from './paned.ts';

interface Share {
  readonly sum: Micro;
  readonly events: number;
}

const none: Share = { sum: 0, events: 0 };
const join = (a: Share, b: Share = none): Share => ({ sum: addMicro(a.sum, b.sum), events: a.events + b.events });

export const mean: FeatureKind<NumberDefinition, Panes<Share>> = {
  version: 1,
  compile(definition, { name }) {
    const field = requireNumberField(name, definition);
    return panedKind<Share, number>({
      shape: paneShape(name, definition),
      read: field,
      add: (cell = none, number) => join(cell, { sum: toMicro(number), events: 1 }),
      merge: join,
      value({ cells }) {
        const { sum, events } = cells.reduce<Share>((a, b) => join(a, b), none);
        return events === 0 ? null : fromMicro(sum, events);
      },
      encode(writer, cell) {
        writer.unsigned(cell.events);
        writer.signed(cell.sum);
      },
      decode(reader) {
        const events = reader.unsigned();
        return { events, sum: reader.signed() };
      },
    });
  },
};
