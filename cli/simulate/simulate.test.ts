import { expect, it } from 'vitest';
import { presetShop, readShop } from './shop-spec.ts';
import { simulate } from './simulate.ts';

const eventsOf = (text: string) => [...simulate(readShop(text, 'test'))];

it('gives the same events for the same seed, others for another, and a longer run begins alike', () => {
  const first = eventsOf('{seed: 7, events: 3000}');
  expect(eventsOf('{seed: 7, events: 3000}')).toEqual(first);
  expect(eventsOf('{seed: 7, events: 4000}').slice(0, 3000)).toEqual(first);
  expect(eventsOf('{seed: 8, events: 3000}').map(({ itemId }) => itemId)).not.toEqual(
    first.map(({ itemId }) => itemId),
  );
});

it('says of every event that it is synthetic, and gives it an id of its own and a time not before the last', () => {
  const ids = new Set<string>();
  let before = '';
  for (const event of simulate(presetShop('taste', { events: 2000 }))) {
    expect(event).toMatchObject({ properties: { synthetic: true }, context: { source: 'simulator' } });
    expect(event.userId).toMatch(/^sim-u-\d+$/);
    expect(event.itemId).toMatch(/^sim-i-\d+$/);
    expect(event.time >= before).toBe(true);
    before = event.time;
    ids.add(event.id);
  }
  expect(ids.size).toBe(2000);
});

it('has views, carts and purchases in the proportions of otto, at a million events', () => {
  const counts: Record<string, number> = {};
  for (const { type } of simulate(presetShop('taste', { events: 1_000_000 }))) counts[type] = (counts[type] ?? 0) + 1;
  const total = 194.7 + 16.9 + 5.1;
  expect(Object.keys(counts).toSorted()).toEqual(['cart', 'purchase', 'view']);
  for (const [type, millions] of Object.entries({ view: 194.7, cart: 16.9, purchase: 5.1 }))
    expect(Math.abs(counts[type]! / 1_000_000 / (millions / total) - 1), type).toBeLessThan(0.03);
}, 120_000);

it('puts into a cart what was looked at, and sells what was put into it', () => {
  const last = new Map<string, { type: string; itemId: string }>();
  const needs: Record<string, string> = { cart: 'view', purchase: 'cart' };
  for (const { userId, type, itemId, value } of eventsOf('{events: 20000}')) {
    if (needs[type]) expect(last.get(userId!)).toEqual({ type: needs[type], itemId });
    expect(value === undefined).toBe(type !== 'purchase');
    last.set(userId!, { type, itemId: itemId! });
  }
});

/** Share of the pairs of items, one looked at right after the other by a user, that are among the most frequent 800 before `at`. */
function familiar(text: string, at: number): { readonly before: number; readonly after: number } {
  const last = new Map<string, string>();
  const pairs = eventsOf(text)
    .filter(({ type }) => type === 'view')
    .map(({ userId, itemId }) => {
      const pair = `${last.get(userId!)} ${itemId}`;
      last.set(userId!, itemId!);
      return pair;
    });
  const cut = Math.round((pairs.length * at) / 40_000);
  const counts = new Map<string, number>();
  for (const pair of pairs.slice(0, cut / 2)) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  const frequent = new Set(
    [...counts]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, 800)
      .map(([pair]) => pair),
  );
  const share = (some: readonly string[]) => some.filter((pair) => frequent.has(pair)).length / some.length;
  return { before: share(pairs.slice(cut / 2, cut)), after: share(pairs.slice(cut)) };
}

it('has another order of items after a change of taste, and the same where nothing changes', () => {
  const steady = familiar('{events: 40000}', 20_000);
  expect(steady.after / steady.before).toBeGreaterThan(0.9);
  const changed = familiar('{events: 40000, changes: [{at: 20000, kind: Taste}]}', 20_000);
  expect(changed.after / changed.before).toBeLessThan(0.3);
  const half = familiar('{events: 40000, changes: [{at: 20000, kind: Taste, share: 0.5}]}', 20_000);
  expect(half.after / half.before).toBeGreaterThan(0.4);
  expect(half.after / half.before).toBeLessThan(0.8);
  const slow = familiar('{events: 40000, changes: [{at: 20000, kind: Taste, over: 20000}]}', 20_000);
  expect(slow.after / slow.before).toBeGreaterThan(0.4);
  expect(slow.after / slow.before).toBeLessThan(0.8);
});

it('asks other prices after a change of prices', () => {
  const events = eventsOf('{events: 20000, changes: [{at: 10000, kind: Prices, factor: 3, share: 0.5}]}');
  const prices = (some: typeof events) => new Map(some.map(({ itemId, item }) => [itemId!, item!.price!]));
  const [before, after] = [prices(events.slice(0, 10_000)), prices(events.slice(10_000))];
  const ratios = [...after]
    .filter(([item]) => before.has(item))
    .map(([item, price]) => Math.round(price / before.get(item)!));
  expect(new Set(ratios)).toEqual(new Set([1, 3]));
  expect(ratios.filter((ratio) => ratio === 3).length / ratios.length).toBeCloseTo(0.5, 1);
});

it('refuses a spec with every error, and where it is', () => {
  const wrong = () =>
    readShop('{users: 10, categories: 500, changes: [{at: 1, kind: Mood}], colour: red}', 'shop.yaml');
  expect(wrong).toThrow(/shop.yaml: changes.0.kind: .*Taste.*Prices/);
  expect(wrong).toThrow(/shop.yaml: spec: .*colour/);
  expect(() => readShop('{users: 10}', 's')).toThrow('s: sessions.concurrent: at most as many as there are users, 10');
  expect(() => readShop('{items: 10}', 's')).toThrow('s: categories: at most as many as there are items, 10');
  expect(() => readShop('- 1', 's')).toThrow(/must be an object/);
  expect(() => readShop('{', 's')).toThrow(/s is no YAML/);
});
