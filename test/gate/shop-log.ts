/** The clean events of a small shop in which the next item is mostly certain: six categories, each a ring of ten items. */
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
