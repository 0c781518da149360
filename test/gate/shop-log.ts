/** Clean events of small shops: tills, and a shop in which the next item is mostly certain: six categories, each a ring of ten items. */
import type { CleanEvent } from '../../services/shared/event.ts';
import { nextBelow, nextUniform, startTwister } from '../../services/shared/learning/statistics/mersenne-twister.ts';

const categories = 6;
const itemsEach = 10;
const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

/** Purchases of 800 people, one after the other, from event `from` to `to`: always the same ones. */
export function purchases(from: number, to: number): CleanEvent[] {
  const random = startTwister(7);
  const people = Array.from({ length: 800 }, () => ({
    category: nextBelow(random, categories),
    at: nextBelow(random, itemsEach),
  }));
  const events: CleanEvent[] = [];
  for (let id = 0; id < to; id++) {
    const who = nextBelow(random, people.length);
    const person = people[who]!;
    // Now and then somebody buys anything.
    const strays = nextUniform(random) < 0.2;
    person.at = strays ? nextBelow(random, itemsEach) : (person.at + 1) % itemsEach;
    if (nextUniform(random) < 0.05) person.category = nextBelow(random, categories);
    if (id >= from) events.push(purchase(id, `u${who}`, person.category, person.at));
  }
  return events;
}

function purchase(id: number, profile: string, category: number, at: number): CleanEvent {
  const time = new Date(start + id * minute).toISOString();
  const item = { category: `c${category}` };
  return {
    id: `e${id}`,
    type: 'purchase',
    userId: profile,
    profile,
    itemId: `c${category}-${at}`,
    item,
    time,
    ingestedAt: time,
    receivedAt: time,
  };
}

/**
 * Visits from number `from` to `to`, by sixty people who come again and again, always the same ones: who puts something into
 * the cart buys within minutes, most others do not. Ascending by time.
 */
export function visits(from: number, to: number): CleanEvent[] {
  const events = Array.from({ length: to - from }, (_, at) => visit(from + at)).flat();
  return events.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

function visit(number: number): CleanEvent[] {
  const wants = (number * 7 + Math.floor(number / 60) * 3) % 10;
  const event = (type: string, after: number): CleanEvent => ({
    ...purchase(3 * number + after, `u${number % 60}`, 0, 0),
    id: `${type}-${number}`,
    type,
  });
  return [
    event('view', 0),
    ...(wants < 4 ? [event('cart', 2)] : []),
    ...(wants < 3 || wants === 9 ? [event('purchase', 5)] : []),
  ];
}
