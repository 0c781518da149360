/** Customers of whom each buys from one shelf alone, so that it shows whether a recommendation is personal. Pure. */
import type { SentEvent } from '../../../services/shared/event.ts';

const shelves = 8;
const itemsPerShelf = 20;
const customersPerShelf = 30;
/** Each customer takes one more of the shelf at a time, from another place on. */
const stepsPerCustomer = 12;
const hour = 3_600_000;

export const customerOf = (shelf: number, index = 0): string => `customer-${shelf}-${index}`;
export const shelfOf = (itemId: string): number => Number(itemId.split('-')[1]);

/** In the order of time; the last one is an hour before `now`, in milliseconds since 1970. */
export function tastes(now: number): SentEvent[] {
  const steps = Array.from({ length: stepsPerCustomer }, (_, step) => step);
  return steps.flatMap((step) => stepOfAll(step, now - hour * (stepsPerCustomer - step)));
}

function stepOfAll(step: number, time: number): SentEvent[] {
  return Array.from({ length: shelves * customersPerShelf }, (_, customer) => {
    const [shelf, index] = [customer % shelves, Math.floor(customer / shelves)];
    const item = (index * 3 + step) % itemsPerShelf;
    return ['view', 'purchase'].map((type, place): SentEvent => ({
      id: `taste-${customer}-${step}-${type}`,
      type,
      time: new Date(time + customer * 1000 + place).toISOString(),
      userId: customerOf(shelf, index),
      itemId: `item-${shelf}-${item}`,
      value: 10,
      item: { category: `shelf-${shelf}` },
    }));
  }).flat();
}
