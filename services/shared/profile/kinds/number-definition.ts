/** The definition of features over numbers: a window and a field that can hold a number. */
import { LikenessError } from '../../errors.ts';
import { isTextField, numberField } from '../fields.ts';
import type { StateEvent } from '../order.ts';
import type { Windowed } from '../panes.ts';

export interface NumberDefinition extends Windowed {
  readonly field: string;
}

/** Reads the field's number; throws `BadSpec` for a field that only ever holds text. */
export function requireNumberField(name: string, { field }: NumberDefinition): (at: StateEvent) => number | undefined {
  if (isTextField(field))
    throw new LikenessError(
      'BadSpec',
      `features.${name}: field ${field} is text; use value, quantity, item.price or a number in properties`,
    );
  return numberField(field);
}
