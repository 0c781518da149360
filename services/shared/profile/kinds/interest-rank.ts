/** Which values a full day keeps: those of smallest hash. */
import { idHash64 } from '../../id-hash.ts';
import { compareBytes, type EventOrder } from '../order.ts';

export type Rank = Pick<EventOrder, 'hi' | 'lo'> & { readonly value: string };

export function rankOf(value: string): Rank {
  const [hi, lo] = idHash64(value);
  return { hi, lo, value };
}

export const compareRanks = (a: Rank, b: Rank): number => a.hi - b.hi || a.lo - b.lo || compareBytes(a.value, b.value);
