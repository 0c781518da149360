/** Refuses numbers that the exact sums of the feature stage cannot hold. */
import { deadLetter, ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

/** Sums are integers of 10⁻⁶: a billion of them at this bound stays far below every limit of the store. */
export const maxValue = 1e9;

export function createValuesStep(): Step {
  return (event) => {
    const value = event.value ?? 0;
    const quantity = event.quantity ?? 0;
    const price = event.item?.price ?? 0;
    if (Math.abs(value) <= maxValue && Math.abs(quantity) <= maxValue && Math.abs(price) <= maxValue) return ok(event);
    return deadLetter('ValueOutOfRange', `value, quantity and item.price must be between -${maxValue} and ${maxValue}`);
  };
}
