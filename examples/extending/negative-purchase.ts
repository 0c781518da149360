/** Example of a cleaning step: some shops send a return as a purchase of a negative amount. */
import type { Step } from '../../services/cleaner/step.ts';
import { deadLetter, ok } from '../../services/shared/result.ts';

/**
 * A purchase of negative value or quantity becomes a return of the positive one; a negative amount anywhere else is
 * refused. What needs no change is given back as it came, because the cleaner then copies its bytes.
 */
export function createNegativePurchaseStep(): Step {
  return (event) => {
    const { type, value, quantity } = event;
    const isNegative = (value ?? 0) < 0 || (quantity ?? 0) < 0;
    if (!isNegative) return ok(event);
    if (type !== 'purchase') return deadLetter('ValueOutOfRange', `a ${type} of a negative value or quantity`);
    return ok({
      ...event,
      type: 'return',
      ...(typeof value === 'number' && { value: Math.abs(value) }),
      ...(typeof quantity === 'number' && { quantity: Math.abs(quantity) }),
    });
  };
}
