/** From a history to the items of an answer: the model's scores, then the rules of the spec and of the request. Pure. */
import type { ItemAttributes } from '../shared/event.ts';
import type { LoadedModel } from '../shared/learning/artifact.ts';
import type { HistoryEntry, Scored } from '../shared/learning/recommender.ts';
import { topN } from '../shared/learning/recommender.ts';
import type { Arm } from '../shared/trial-figures.ts';
import type { ScoredItem } from './schemas.ts';

/** A verified model in memory, as the message `active` named it. Never changed: a swap is another one. */
export interface Served<Loaded> {
  readonly name: string;
  readonly generation: number;
  readonly loaded: Loaded;
  /** While a model is on trial: whether it is this one, or the one beside it. */
  readonly arm?: Arm;
  /** Milliseconds since 1970. */
  readonly trainedAt: number;
}

export interface ServedModel extends Served<LoadedModel> {
  /** Room for one request's scores; scoring never waits, so requests can share it. */
  readonly scores: Float64Array;
}

/** The live catalogue of items, by id. */
export type ItemLookup = (itemId: string) => ItemAttributes | undefined;

export interface Wish {
  /** Oldest first. */
  readonly history: readonly HistoryEntry[];
  readonly n: number;
  readonly exclude: ReadonlySet<string>;
  readonly category: string | undefined;
}

export interface RecommendationRules {
  /** Come first, in this order, unless something excludes them. */
  readonly pin: readonly string[];
  /** Are never recommended, pinned or not. */
  readonly bury: ReadonlySet<string>;
  /** Event types that count as buying; what was bought within the history is excluded. Empty: nothing is. */
  readonly bought: ReadonlySet<string>;
}

export interface Recommended {
  readonly items: readonly ScoredItem[];
  /** False: the model can use nothing of the history, and the scores are popularity. */
  readonly personalised: boolean;
}

export function recommend(model: ServedModel, wish: Wish, rules: RecommendationRules, lookup: ItemLookup): Recommended {
  const { recommender, popularity } = model.loaded;
  const { scores } = model;
  const personalised = recommender.score(wish.history, scores) && recommender.kind !== 'popularity';
  if (!personalised) popularity.score([], scores);

  const isExcluded = exclusion(model, wish, rules, lookup);
  const { items } = recommender;
  const pinned = [...new Set(rules.pin)].filter((itemId) => !isExcluded(itemId)).slice(0, wish.n);
  const placed = new Set(pinned);
  const isOut = (item: number) => placed.has(items.ids[item]!) || isExcluded(items.ids[item]!);
  const best = topN(scores, wish.n - pinned.length, isOut);
  const first = pinned.map((itemId): ScoredItem => {
    return { ...titled(model, itemId, scores[items.indexOf(itemId)] ?? 0, lookup), pinned: true };
  });
  return { items: [...first, ...best.map((scored) => describe(model, scored, lookup))], personalised };
}

/** The `n` items most similar to one of the model's, without those that `isExcluded`. */
export function similarItems(
  model: ServedModel,
  item: number,
  n: number,
  { lookup, isExcluded }: { lookup: ItemLookup; isExcluded: (itemId: string) => boolean },
): ScoredItem[] {
  const { recommender } = model.loaded;
  // Excluded ones are rare, so asking for more once in a while is cheaper than asking for all at once.
  for (let asked = n; ; asked *= 2) {
    const found = recommender.similar(item, asked);
    const kept = found.filter((scored) => !isExcluded(recommender.items.ids[scored.item]!));
    if (kept.length >= n || found.length < asked)
      return kept.slice(0, n).map((scored) => describe(model, scored, lookup));
  }
}

function exclusion(model: ServedModel, wish: Wish, rules: RecommendationRules, lookup: ItemLookup) {
  const bought = new Set<string>();
  for (const { itemId, type } of wish.history) if (rules.bought.has(type)) bought.add(itemId);
  return (itemId: string): boolean => {
    if (rules.bury.has(itemId) || bought.has(itemId) || wish.exclude.has(itemId)) return true;
    const live = lookup(itemId);
    if (live?.available === false) return true;
    return wish.category !== undefined && (live?.category ?? seenAs(model, itemId)?.category) !== wish.category;
  };
}

/** What the model last saw of an item: stands in for what the live catalogue does not say. */
function seenAs({ loaded }: ServedModel, itemId: string): ItemAttributes | undefined {
  return loaded.itemAttributes[loaded.recommender.items.indexOf(itemId)];
}

function describe(model: ServedModel, { item, score }: Scored, lookup: ItemLookup): ScoredItem {
  return titled(model, model.loaded.recommender.items.ids[item]!, score, lookup);
}

/** With the title, where one is known: a list of ids tells people nothing. */
function titled(model: ServedModel, itemId: string, score: number, lookup: ItemLookup): ScoredItem {
  const title = lookup(itemId)?.title ?? seenAs(model, itemId)?.title;
  return title ? { itemId, score, title } : { itemId, score };
}
