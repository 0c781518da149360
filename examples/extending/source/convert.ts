/** Example of a source: rows of another shop's order table → canonical events. Pure. */
import type { SentEvent } from '../../../services/shared/event.ts';

/** A row of `SELECT … FROM order_lines`, as its CSV has it. */
export interface OrderRow {
  readonly order: string;
  readonly line: string;
  /** `2026-01-05 09:12:44+01:00` */
  readonly placed_at: string;
  /** Empty for a guest. */
  readonly customer: string;
  readonly session: string;
  readonly sku: string;
  readonly title: string;
  readonly quantity: string;
  readonly unit_price: string;
  readonly currency: string;
  readonly status: string;
}

const types: Readonly<Record<string, string>> = { paid: 'purchase', refunded: 'return' };

/** Undefined: nothing that the customer did. Throws where a row cannot be understood. */
export function convertOrder(row: OrderRow): SentEvent | undefined {
  const type = types[row.status];
  if (type === undefined) return undefined;
  const [quantity, price] = [Number(row.quantity), Number(row.unit_price)];
  return {
    // Made of the row alone: whoever sends the file twice is counted once.
    id: `${row.order}/${row.line}/${row.status}`,
    type,
    ...(row.customer ? { userId: row.customer } : { anonymousId: row.session }),
    itemId: row.sku,
    time: utc(row.placed_at),
    value: Math.round(quantity * price * 100) / 100,
    quantity,
    item: { title: row.title, price },
    properties: { order: row.order, currency: row.currency },
    context: { source: 'orders-csv' },
  };
}

function utc(text: string): string {
  const time = Date.parse(text.replace(' ', 'T'));
  if (Number.isNaN(time)) throw new Error(`placed_at ${JSON.stringify(text)} is no time`);
  return new Date(time).toISOString();
}
