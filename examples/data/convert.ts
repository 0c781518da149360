/**
 * UCI Online Retail rows → canonical events. The rules, each counted by its name:
 * - `notAnItem`: a code that is not five digits and letters (POST, DOT, M, D, C2, BANK CHARGES, …) is no product;
 * - `adjustment`: a negative quantity without a cancelled invoice (C…) is a stock correction, not a customer's act;
 * - `noPrice`: a price ≤ 0 is a gift or a write-off.
 * A cancelled invoice is a `return` with positive quantity and value. The id is the row's line number in the file:
 * 5,268 rows repeat another exactly and are real. Without a customer, the invoice is the anonymous visitor.
 */
import type { SentEvent } from '../../services/shared/event.ts';
import { categoryOf } from './categories.ts';

export interface RetailRow {
  readonly InvoiceNo: string;
  readonly StockCode: string;
  readonly Description: string;
  readonly Quantity: string;
  readonly InvoiceDate: string;
  readonly UnitPrice: string;
  readonly CustomerID: string;
  readonly Country: string;
}

export type Skip = 'notAnItem' | 'adjustment' | 'noPrice';

export function convertRow(row: RetailRow, line: number): SentEvent | Skip {
  if (!/^\d{5}[A-Za-z]*$/.test(row.StockCode)) return 'notAnItem';
  const cancelled = row.InvoiceNo.startsWith('C');
  const quantity = Number(row.Quantity);
  const price = Number(row.UnitPrice);
  if (quantity <= 0 && !cancelled) return 'adjustment';
  if (price <= 0) return 'noPrice';
  return {
    id: String(line),
    type: cancelled ? 'return' : 'purchase',
    ...profileOf(row),
    itemId: row.StockCode.toUpperCase(),
    time: `${row.InvoiceDate.replace(' ', 'T')}.000Z`,
    value: lineTotal(Math.abs(quantity), price),
    quantity: Math.abs(quantity),
    item: { category: categoryOf(row.Description), title: row.Description.trim(), price },
    properties: { invoice: row.InvoiceNo, country: row.Country },
    context: { source: 'online-retail', derived: ['item.category'] },
  };
}

function profileOf(row: RetailRow): { userId: string } | { anonymousId: string } {
  const customer = row.CustomerID.replace(/\.0$/, '');
  return customer ? { userId: customer } : { anonymousId: `invoice-${row.InvoiceNo}` };
}

/** Prices have at most three decimals, so a total rounded to 10⁻⁶ is exact. */
function lineTotal(quantity: number, price: number): number {
  return Math.round(quantity * price * 1e6) / 1e6;
}
