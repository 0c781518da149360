/** What a shopkeeper would work out of a customer's rows with pen and paper: written apart from the product's features. */
import type { Row } from './rows.ts';

export interface Figures {
  readonly purchases30d: number;
  readonly returns30d: number;
  readonly spend30d: number;
  readonly avgOrder: number | null;
  /** Seconds. */
  readonly lastPurchase: number | null;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly interests: readonly { readonly value: string; readonly score: number }[];
}

const day = 86_400_000;
const purchaseWeight = 5;
const halfLifeDays = 7;

/** `rows`: one customer's, none after `asOf` (milliseconds since 1970). */
export function figuresOf(rows: readonly Row[], asOf: number): Figures {
  const times = rows.map(({ time }) => time).toSorted((a, b) => a - b);
  const bought = rows.filter(({ kind }) => kind === 'purchase');
  // Windows are whole days (of UTC), the last of them today; the mean's are 30 times three days.
  const month = daysUntil(rows, { asOf, days: 30, unit: day });
  const quarter = daysUntil(bought, { asOf, days: 30, unit: 3 * day });
  const monthBought = month.filter(({ kind }) => kind === 'purchase');
  const last = Math.max(...bought.map(({ time }) => time));
  return {
    purchases30d: monthBought.length,
    returns30d: month.length - monthBought.length,
    spend30d: pounds(monthBought),
    avgOrder: quarter.length === 0 ? null : pounds(quarter) / quarter.length,
    lastPurchase: bought.length === 0 ? null : (asOf - last) / 1000,
    firstSeen: new Date(times[0]!).toISOString(),
    lastSeen: new Date(times.at(-1)!).toISOString(),
    interests: interestsOf(daysUntil(bought, { asOf, days: 10 * halfLifeDays, unit: day }), asOf),
  };
}

interface Window {
  readonly asOf: number;
  readonly days: number;
  /** Milliseconds. */
  readonly unit: number;
}

function daysUntil(rows: readonly Row[], { asOf, days, unit }: Window): Row[] {
  const first = (Math.floor(asOf / unit) - days + 1) * unit;
  return rows.filter(({ time }) => time >= first);
}

const pounds = (rows: readonly Row[]): number => rows.reduce((sum, { amount }) => sum + amount, 0) / 10_000;

/** A purchase counts 5, half as much a week after its day has ended, and so on; at most 20 categories. */
function interestsOf(rows: readonly Row[], asOf: number): { value: string; score: number }[] {
  const scores = new Map<string, number>();
  for (const { category, time } of rows) {
    const daysAfter = Math.max(0, asOf / day - (Math.floor(time / day) + 1));
    const worth = purchaseWeight * Math.exp((-Math.LN2 * daysAfter) / halfLifeDays);
    scores.set(category, (scores.get(category) ?? 0) + worth);
  }
  return [...scores]
    .map(([value, score]) => ({ value, score: Number(score.toFixed(6)) }))
    .toSorted((a, b) => b.score - a.score || (a.value < b.value ? -1 : 1))
    .slice(0, 20);
}
