/** Synthetic shop events of a given size, seeded. Pure. */
import type { SentEvent } from '../../services/shared/event.ts';
import { seededRandom } from '../random.ts';

export interface LoadShape {
  readonly events: number;
  readonly users: number;
  readonly items: number;
  /** Size of an event's JSON; a property fills it up. */
  readonly bytes: number;
  readonly seed: number;
  /** Milliseconds since 1970 of the first event; one more millisecond an event. */
  readonly startTime: number;
  /** Prefix of the ids, so that two loads never meet. */
  readonly prefix: string;
}

const types = ['view', 'view', 'view', 'view', 'view', 'view', 'cart', 'purchase'] as const;
const categories = ['bags', 'lighting', 'baking', 'kitchen', 'toys', 'stationery', 'party', 'garden'] as const;

/** One JSON text an event. */
export function* eventLines(shape: LoadShape): Generator<string> {
  const random = seededRandom(shape.seed);
  for (let index = 0; index < shape.events; index++) {
    const item = Math.floor(random() ** 2 * shape.items);
    const event: SentEvent = {
      id: `${shape.prefix}-${index}`,
      type: types[Math.floor(random() * types.length)]!,
      time: new Date(shape.startTime + index).toISOString(),
      userId: `u${Math.floor(random() * shape.users)}`,
      itemId: `sku-${item}`,
      value: Math.round(random() * 10_000) / 100,
      quantity: 1 + Math.floor(random() * 3),
      item: { category: categories[item % categories.length]! },
      properties: { page: '' },
    };
    yield fill(event, shape.bytes);
  }
}

function fill(event: SentEvent, bytes: number): string {
  const missing = bytes - JSON.stringify(event).length;
  return JSON.stringify({ ...event, properties: { page: 'x'.repeat(Math.max(0, missing)) } });
}

/** Bodies for `POST /v1/events`: JSON Lines of `perBody` events. */
export function bodies(lines: Iterable<string>, perBody: number): Buffer[] {
  const result: Buffer[] = [];
  let body: string[] = [];
  for (const line of lines) {
    body.push(line);
    if (body.length < perBody) continue;
    result.push(Buffer.from(body.join('\n')));
    body = [];
  }
  if (body.length > 0) result.push(Buffer.from(body.join('\n')));
  return result;
}
