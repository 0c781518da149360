/** A simulated shop's events, one after the other. Pure: the same spec gives the same events. All say that they are synthetic. */
import type { SentEvent } from '../../services/shared/event.ts';
import { seededUniform } from '../../services/shared/learning/statistics/mersenne-twister.ts';
import type { Change, Shop } from './shop-spec.ts';
import { drawLiked, drawTaste, range, type Taste, type Uniform } from './taste.ts';

interface Session {
  readonly user: number;
  item: number;
  /** What the session's next event is. */
  next: 'view' | 'cart' | 'purchase';
}

/** The shop as it is now. */
interface World {
  readonly shop: Shop;
  readonly uniform: Uniform;
  /** Taste of each group, and what it was before the newest change. */
  readonly tastes: Taste[];
  readonly before: Taste[];
  readonly groupOf: Uint32Array;
  readonly prices: Float64Array;
  readonly busy: Set<number>;
  readonly sessions: Session[];
  /** Users below this share have the new taste: 1 unless a change is on its way. */
  reached: number;
}

/** Events in order of time. Ids, users and items begin with `sim-`; `properties.synthetic` is true. */
export function* simulate(shop: Shop): Generator<SentEvent, void> {
  const world = createWorld(shop);
  const start = Date.parse(shop.start);
  let elapsed = 0;
  for (let at = 0; at < shop.events; at++) {
    for (const change of shop.changes) applyChange(world, change, at);
    const place = Math.floor(world.uniform() * world.sessions.length);
    const session = world.sessions[place]!;
    const type = session.next;
    if (type === 'view') session.item = nextItem(world, session);
    yield describe(world, { at, time: start + elapsed, type, session });
    if (!goesOn(world, session)) world.sessions[place] = replaceSession(world, session);
    elapsed += (-Math.log(1 - world.uniform()) / shop.rate) * 1000;
  }
}

function createWorld(shop: Shop): World {
  const uniform = seededUniform(shop.seed);
  const tastes = range(shop.tastes.count).map(() => drawTaste(tasteInput(shop), uniform));
  const groupOf = Uint32Array.from({ length: shop.users }, () => Math.floor(uniform() * tastes.length));
  // Most items cost 8 to 40, a few much more.
  const prices = Float64Array.from({ length: shop.items }, () => Math.exp(2.9 + 0.8 * gaussian(uniform)));
  const parts = { shop, uniform, tastes, before: [...tastes], groupOf, prices, reached: 1 };
  const world: World = { ...parts, busy: new Set(), sessions: [] };
  for (let left = shop.sessions.concurrent; left > 0; left--) world.sessions.push(startSession(world));
  return world;
}

const tasteInput = ({ items, categories, tastes }: Shop) => ({ items, categories, liked: tastes.categories });

/** Box, Muller. */
function gaussian(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

function applyChange(world: World, change: Change, at: number): void {
  if (change.kind === 'Taste' && at > change.at && at <= change.at + change.over)
    world.reached = (at - change.at) / change.over;
  if (at !== change.at) return;
  const { shop, uniform } = world;
  if (change.kind === 'Prices') {
    const changed = Math.round(change.share * shop.items);
    for (let item = 0; item < changed; item++) world.prices[item]! *= change.factor;
    return;
  }
  world.reached = change.over === 0 ? 1 : 0;
  const changed = Math.round(change.share * world.tastes.length);
  world.tastes.forEach((taste, group) => (world.before[group] = taste));
  for (let group = 0; group < changed; group++) world.tastes[group] = drawTaste(tasteInput(shop), uniform);
}

function startSession(world: World): Session {
  const { busy, uniform, shop } = world;
  let user = Math.floor(uniform() * shop.users);
  while (busy.has(user)) user = (user + 1) % shop.users;
  busy.add(user);
  return { user, item: drawLiked(tasteOf(world, user), uniform), next: 'view' };
}

function replaceSession(world: World, { user }: Session): Session {
  const session = startSession(world);
  world.busy.delete(user);
  return session;
}

function tasteOf({ tastes, before, groupOf, reached, shop }: World, user: number): Taste {
  const group = groupOf[user]!;
  return (user + 0.5) / shop.users < reached ? tastes[group]! : before[group]!;
}

/** Settles what comes after the session's event; false: nothing does. */
function goesOn({ uniform, shop }: World, session: Session): boolean {
  const { view, cart, purchase } = shop.mix;
  if (session.next === 'view' && uniform() < cart / view) session.next = 'cart';
  else if (session.next === 'cart' && uniform() < purchase / cart) session.next = 'purchase';
  else {
    session.next = 'view';
    return uniform() >= 1 / shop.sessions.views;
  }
  return true;
}

interface Happening {
  readonly at: number;
  readonly time: number;
  readonly type: Session['next'];
  readonly session: Session;
}

function describe(world: World, { at, time, type, session }: Happening): SentEvent {
  const { shop, prices, uniform } = world;
  const { item, user } = session;
  const price = Math.round(prices[item]! * 100) / 100;
  const quantity = uniform() < 0.85 ? 1 : 2;
  return {
    id: `sim-${shop.seed}-${at}`,
    type,
    time: new Date(time).toISOString(),
    userId: `sim-u-${user}`,
    itemId: `sim-i-${item}`,
    ...(type === 'purchase' && { value: Math.round(price * quantity * 100) / 100, quantity }),
    item: { category: `sim-category-${item % shop.categories}`, title: `Simulated item ${item}`, price },
    properties: { synthetic: true },
    context: { source: 'simulator' },
  };
}

function nextItem(world: World, { user, item }: Session): number {
  const { uniform, shop } = world;
  if (uniform() >= shop.tastes.loyalty) return Math.floor(uniform() * shop.items);
  const taste = tasteOf(world, user);
  const follower = taste.next[2 * item + (uniform() < 0.7 ? 0 : 1)]!;
  return uniform() < shop.tastes.order && follower !== item ? follower : drawLiked(taste, uniform);
}
