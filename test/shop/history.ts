/** A profile's history against the rows: the newest fifty purchases, where the order within one minute is nobody's to say. */
import type { Row } from './rows.ts';

export interface HistoryEntry {
  readonly itemId: string;
  readonly type: string;
  readonly time: string;
}

const longest = 50;

/** What is wrong with the history, in words; empty if nothing is. */
export function historyFaults(history: readonly HistoryEntry[], rows: readonly Row[]): string[] {
  const bought = rows.filter(({ kind }) => kind === 'purchase');
  const faults: string[] = [];
  if (history.length !== Math.min(longest, bought.length)) faults.push(`it has ${history.length} entries`);
  if (history.some(({ time }, place) => time < (history[place - 1]?.time ?? ''))) faults.push('it is out of order');
  if (history.some(({ type }) => type !== 'purchase')) faults.push('it has something else than purchases');
  const oldest = history[0]?.time ?? '';
  const wanted = Object.groupBy(bought, ({ time }) => new Date(time).toISOString());
  const found = Object.groupBy(history, ({ time }) => time);
  for (const time of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const items = (found[time] ?? []).map(({ itemId }) => itemId).toSorted();
    const due = (wanted[time] ?? []).map(({ item }) => item).toSorted();
    // Of the oldest minute there may be room for some only; of what is older for none.
    const fits = time < oldest ? items.length === 0 : time === oldest ? isPart(items, due) : isSame(items, due);
    if (!fits) faults.push(`at ${time} it has ${items.join(' ')}, bought was ${due.join(' ')}`);
  }
  return faults;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => a.join(' ') === b.join(' ');

/** Each at most as often as there. */
function isPart(part: readonly string[], whole: readonly string[]): boolean {
  const left = [...whole];
  return part.every((item) => {
    const place = left.indexOf(item);
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
}
