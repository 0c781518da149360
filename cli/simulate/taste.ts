/** What a group of users likes: items of a few categories, some much more than others, and what they look at after what. */

/** Uniform in [0, 1). */
export type Uniform = () => number;

export interface Taste {
  /** The items that the group likes, the most liked first. */
  readonly items: Uint32Array;
  /** Rising to 1: shares of the items up to each place, as 1/(place + 1) to the power `steepness`. */
  readonly cumulated: Float64Array;
  /** By item: the two that are looked at after it, as a pair in a flat list; the item itself where it is not liked. */
  readonly next: Uint32Array;
}

/** Popularity falls with the rank to this power: the first tenth of a group's items gets about a third of its views. */
const steepness = 0.8;

export interface TasteInput {
  readonly items: number;
  readonly categories: number;
  /** Categories that the group likes. */
  readonly liked: number;
}

/** Item i is of category i mod `categories`. */
export function drawTaste({ items, categories, liked }: TasteInput, uniform: Uniform): Taste {
  const chosen = new Set(shuffled(range(categories), uniform).slice(0, liked));
  const likedItems = shuffled(
    range(items).filter((item) => chosen.has(item % categories)),
    uniform,
  );
  const weights = likedItems.map((_, place) => (place + 1) ** -steepness);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const cumulated = Float64Array.from(weights, (weight) => (sum += weight) / total);
  return { items: Uint32Array.from(likedItems), cumulated, next: drawNext(items, likedItems, uniform) };
}

/** Two ways around all items that are liked: after each item the ones that come next on either. */
function drawNext(items: number, liked: readonly number[], uniform: Uniform): Uint32Array {
  const next = Uint32Array.from({ length: 2 * items }, (_, at) => at >> 1);
  for (const way of [0, 1]) {
    const round = shuffled(liked, uniform);
    round.forEach((item, place) => (next[2 * item + way] = round[(place + 1) % round.length]!));
  }
  return next;
}

/** An item that the group likes, by how much it does. */
export function drawLiked({ items, cumulated }: Taste, uniform: Uniform): number {
  const drawn = uniform();
  let [low, high] = [0, cumulated.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulated[middle]! > drawn) high = middle;
    else low = middle + 1;
  }
  return items[low]!;
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

/** Fisher, Yates. */
function shuffled(values: readonly number[], uniform: Uniform): number[] {
  const drawn = [...values];
  for (let left = drawn.length - 1; left > 0; left--) {
    const at = Math.floor(uniform() * (left + 1));
    [drawn[left], drawn[at]] = [drawn[at]!, drawn[left]!];
  }
  return drawn;
}
