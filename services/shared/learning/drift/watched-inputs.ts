/** What is watched of a model that recommends, and how an event or an answer becomes a value of each: in training and live. */
import type { CleanEvent, ItemAttributes } from '../../event.ts';
import type { ItemIndex } from '../item-index.ts';
import type { Scored } from '../recommender.ts';

type Kind = 'numeric' | 'categorical';

/**
 * Of an event that the model learns from. What grows by itself, such as the length of a history, is left out: in a young
 * shop it moves away from the training data though nobody behaves otherwise.
 */
export const eventInputs = [
  { name: 'event.type', kind: 'categorical' },
  { name: 'event.value', kind: 'numeric' },
  { name: 'item.category', kind: 'categorical' },
  /** The item's place in the model's catalogue, the most popular first; missing if the model does not know it. */
  { name: 'item.rank', kind: 'numeric' },
] as const satisfies readonly { name: string; kind: Kind }[];

/** Of what the model answers: the first item's category and place, and how far it stands out. */
export const predictionInputs = [
  { name: 'prediction.category', kind: 'categorical' },
  { name: 'prediction.rank', kind: 'numeric' },
  /** (s₁ − s₁₀) / (|s₁| + |s₁₀|) of the first and the tenth score: of no unit, so that models can be told apart by it. */
  { name: 'prediction.confidence', kind: 'numeric' },
] as const satisfies readonly { name: string; kind: Kind }[];

/** In the order of `eventInputs`; undefined where the event has no such value. */
export function eventValues(
  event: Pick<CleanEvent, 'type' | 'value' | 'itemId' | 'item'>,
  items: Pick<ItemIndex, 'indexOf'>,
): unknown[] {
  const rank = typeof event.itemId === 'string' ? items.indexOf(event.itemId) : -1;
  return [event.type, event.value ?? undefined, event.item?.category ?? undefined, rank < 0 ? undefined : rank];
}

/** In the order of `predictionInputs`, of the best items, best first. */
export function predictionValues(
  best: readonly Scored[],
  attributes: readonly (Pick<ItemAttributes, 'category'> | undefined)[],
): unknown[] {
  const [first, last] = [best[0], best.at(-1)];
  if (first === undefined || last === undefined) return [undefined, undefined, undefined];
  const scale = Math.abs(first.score) + Math.abs(last.score);
  const confidence = scale > 0 ? (first.score - last.score) / scale : undefined;
  return [attributes[first.item]?.category ?? undefined, first.item, confidence];
}
