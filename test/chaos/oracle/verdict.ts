/** What the spec of the chaos test says of one event, from the written rules: clean, or refused with a reason. */
import type { ItemAttributes, SentEvent } from '../../../services/shared/event.ts';

/** An event that was accepted, as its profiles see it. */
export interface Judged {
  readonly event: SentEvent;
  /** Milliseconds. */
  readonly time: number;
}

/** An event of the ledger: with when it was due to be sent, and whether its lateness is judged. */
export interface Sent {
  readonly event: SentEvent;
  readonly dueAt: number;
  readonly imported: boolean;
}

const types = new Set(['view', 'cart', 'purchase', 'search', 'identify', 'alias']);
const hour = 3_600_000;

/** The reason why the event must be refused; undefined: it must not. In the order in which the cleaner looks. */
export function refusalOf(sent: Sent): string | undefined {
  const { event } = sent;
  if (!types.has(event.type)) return 'UnknownEventType';
  if (lacksField(event)) return 'MissingField';
  return timeRefusal(sent) ?? contentRefusal(event);
}

/** The sender keeps ten minutes away from both bounds, so it makes no difference when exactly the event arrived. */
function timeRefusal({ event, dueAt, imported }: Sent): string | undefined {
  const time = Date.parse(event.time);
  if (time > dueAt + hour / 2) return 'FutureTime';
  return !imported && time < dueAt - hour ? 'TooLate' : undefined;
}

function contentRefusal({ value, quantity, context, properties }: SentEvent): string | undefined {
  if (Math.abs(value ?? 0) > 1e9) return 'ValueOutOfRange';
  if ((context?.['userAgent'] as string | undefined)?.includes('Googlebot')) return 'Bot';
  if ((quantity ?? 0) > 1000) return 'RuleMatched';
  const known = ['EUR', 'USD', undefined].includes(properties?.['currency'] as string | undefined);
  return typeof value === 'number' && !known ? 'UnknownUnit' : undefined;
}

function lacksField({ type, itemId, value, text, userId, previousId }: SentEvent): boolean {
  if (type === 'search') return !text;
  if (type === 'alias') return !userId || !previousId;
  if (type === 'identify') return false;
  return !itemId || (type === 'purchase' && (value === undefined || value === null));
}

/** As the features see it: euros, tidy text, and the catalogue's attributes where the event brings none. */
export function judge(event: SentEvent, catalogue: ReadonlyMap<string, ItemAttributes>): Judged {
  const dollars = event.properties?.['currency'] === 'USD' && typeof event.value === 'number';
  const item = event.item ?? catalogue.get(event.itemId ?? '');
  const clean = {
    ...event,
    ...(dollars && { value: Math.round(event.value! * 0.9 * 1e6) / 1e6 }),
    ...(event.text && { text: event.text.trim().toLowerCase().replaceAll(/\s+/g, ' ') }),
    ...(item && { item }),
  };
  return { event: clean, time: Date.parse(event.time) };
}
