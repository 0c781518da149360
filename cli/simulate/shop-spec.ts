/** The spec of a simulated shop: who visits, what they like, how often they buy, and what changes on the way. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { LikenessError } from '../../services/shared/errors.ts';

const share = z.number().min(0).max(1);
const many = (most: number) => z.int().min(1).max(most);

const changeSchema = z.strictObject({
  at: z.int().min(0).describe('The event, counted from 0, from which on the shop is another one.'),
  kind: z
    .enum(['Taste', 'Prices'])
    .describe(
      'Taste: groups of users like other categories, other items in them, and in another order. Prices: items cost another price.',
    ),
  share: share.default(1).describe('Taste: share of the groups that it happens to. Prices: share of the items.'),
  over: z
    .int()
    .min(0)
    .default(0)
    .describe('Taste: it reaches one user after the other in the course of so many events. 0: all at once.'),
  factor: z.number().gt(0).max(1000).default(2).describe('Prices: what they are multiplied by.'),
});

const tastesSchema = z.strictObject({
  count: many(1000).default(8).describe('Groups of users who like the same; each user belongs to one.'),
  categories: many(1000).default(3).describe('Categories that a group likes.'),
  loyalty: share.default(0.9).describe('How often a user looks at what the group likes; else at any item of the shop.'),
  order: share
    .default(0.6)
    .describe(
      'How often the next item is one of the two that the group looks at after this one; else any that it likes, some much more than others.',
    ),
});

const sessionsSchema = z.strictObject({
  concurrent: many(100_000).default(100).describe('Sessions that are under way at any time.'),
  views: z.number().min(1).max(10_000).default(15).describe('Views of a session, on average.'),
});

const mixSchema = z.strictObject({
  view: z.number().gt(0).default(194.7).describe('So many views (otto: 194.7 million clicks)'),
  cart: z.number().gt(0).default(16.9).describe('come to so many items put into a cart (otto: 16.9 million)'),
  purchase: z.number().gt(0).default(5.1).describe('and so many purchases (otto: 5.1 million orders).'),
});

export const shopSchema = z
  .strictObject({
    seed: z.int().min(0).max(0xffffffff).default(1).describe('The same spec and seed give the same events.'),
    start: z.iso.datetime().default('2026-01-01T00:00:00.000Z').describe('Time of the first event, in UTC.'),
    events: many(1_000_000_000).default(100_000).describe('How many events there are.'),
    rate: z.number().gt(0).max(1_000_000).default(20).describe("Events a second of the shop's own clock, on average."),
    speed: z
      .number()
      .min(0)
      .max(1_000_000)
      .default(1)
      .describe(
        "How much faster than by its own clock the shop's events are sent to an ingest; 0: as fast as it takes them. A " +
          'file is written at once.',
      ),
    users: many(10_000_000).default(2000).describe('Users who come back.'),
    items: many(1_000_000).default(400).describe('Items of the catalogue.'),
    categories: many(10_000).default(20).describe('Categories that the items are spread over evenly.'),
    tastes: tastesSchema.prefault({}).describe('What users like.'),
    sessions: sessionsSchema.prefault({}).describe('How users visit.'),
    mix: mixSchema
      .prefault({})
      .describe('Views, carts and purchases, in proportion. Default: as in the data set otto.'),
    changes: z.array(changeSchema).max(100).default([]).describe('What changes, and when.'),
  })
  .superRefine((shop, context) => {
    const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    if (shop.categories > shop.items) refuse(['categories'], `at most as many as there are items, ${shop.items}`);
    if (shop.tastes.categories > shop.categories)
      refuse(['tastes', 'categories'], `at most as many as the shop has, ${shop.categories}`);
    if (shop.sessions.concurrent > shop.users)
      refuse(['sessions', 'concurrent'], `at most as many as there are users, ${shop.users}`);
    if (shop.mix.cart > shop.mix.view) refuse(['mix', 'cart'], 'at most as many as there are views');
    if (shop.mix.purchase > shop.mix.cart) refuse(['mix', 'purchase'], 'at most as many as there are carts');
  });

export type Shop = z.output<typeof shopSchema>;
export type Change = z.output<typeof changeSchema>;

export const presets = {
  steady: { title: 'a shop whose customers stay as they are', shop: {} },
  taste: {
    title: 'a shop whose customers change taste halfway',
    shop: { changes: [{ at: 50_000, kind: 'Taste' }] },
  },
  drifting: {
    title: 'a shop where one customer after the other changes taste',
    shop: { changes: [{ at: 30_000, kind: 'Taste', over: 40_000 }] },
  },
  prices: { title: 'a shop that doubles its prices halfway', shop: { changes: [{ at: 50_000, kind: 'Prices' }] } },
} as const satisfies Record<string, { title: string; shop: z.input<typeof shopSchema> }>;

/** What fields of the command line replace. */
export type ShopOverrides = Partial<Pick<Shop, 'seed' | 'events' | 'start' | 'speed'>>;

/** `text` is YAML (or JSON) from `source`. Throws `BadSpec` with every error and where it is. */
export function readShop(text: string, source: string, overrides: ShopOverrides = {}): Shop {
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken) throw new LikenessError('BadSpec', `${source} is no YAML: ${broken.message}`);
  const given: unknown = document.toJS() ?? {};
  if (typeof given !== 'object' || Array.isArray(given))
    throw new LikenessError(
      'BadSpec',
      `${source} is no spec of a shop: it must be an object with fields such as users`,
    );
  return settleShop({ ...given, ...overrides }, source);
}

export function presetShop(name: keyof typeof presets, overrides: ShopOverrides = {}): Shop {
  return settleShop({ ...presets[name].shop, ...overrides }, `preset ${name}`);
}

function settleShop(given: unknown, source: string): Shop {
  const parsed = shopSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${source}: ${path.join('.') || 'spec'}: ${message}`);
  throw new LikenessError('BadSpec', wrong.join('\n'), { cause: parsed.error });
}
