/** Fits all models to what the sums hold: the same as `fitAll` gives for the sequences of the same events, to the bit. */
import type { ItemAttributes } from '../../event.ts';
import { easeBlock, fitEase } from '../ease.ts';
import { entriesKept, type FitOptions, type Fitted } from '../fit.ts';
import { addHistory, type Triangle } from '../gram.ts';
import { ItemIndex } from '../item-index.ts';
import { Popularity } from '../popularity.ts';
import { fitSequentialRules } from '../sequential-rules.ts';
import type { Sums } from './sums.ts';

/** The catalogue in the order of a training set: by target events, then steps, then id. */
export interface SummedItems {
  readonly items: ItemIndex;
  /** By number of an item in the sums: its index. */
  readonly indexOf: Uint32Array;
  readonly popularity: Float64Array;
  readonly steps: Float64Array;
  readonly attributes: readonly (ItemAttributes | undefined)[];
}

export function itemsOf({ items: { names }, targets, steps, attributes }: Sums): SummedItems {
  const order = Uint32Array.from(names.keys()).sort(
    (a, b) => targets[b]! - targets[a]! || steps[b]! - steps[a]! || (names[a]! < names[b]! ? -1 : 1),
  );
  const indexOf = new Uint32Array(names.length);
  order.forEach((item, index) => (indexOf[item] = index));
  return {
    items: new ItemIndex(Array.from(order, (item) => names[item]!)),
    indexOf,
    popularity: Float64Array.from(order, (item) => targets[item]!),
    steps: Float64Array.from(order, (item) => steps[item]!),
    attributes: Array.from(order, (item) => attributes[item]?.item),
  };
}

/** Adds the products of each person's items that have a row; `rowOf` is by index. */
export function addProducts(sums: Sums, { indexOf }: SummedItems, rowOf: Int32Array, triangle: Triangle): void {
  const { persons, histories } = sums;
  const rows = new Int32Array(rowOf.length);
  for (const person of persons.persons()) {
    if (!histories.has(person)) continue;
    let count = 0;
    histories.of(person).items.each((item) => {
      const row = rowOf[indexOf[item]!]!;
      if (row >= 0) rows[count++] = row;
    });
    addHistory(rows.subarray(0, count).sort(), triangle);
  }
}

export async function fitSums(sums: Sums, summed: SummedItems, options: FitOptions): Promise<Fitted> {
  const { inputs, inverter, now } = options;
  const started = now();
  const { indexOf, items } = summed;
  const sr = fitSequentialRules(sums.pairs.counts, { keep: entriesKept, size: items.size, indexOf });
  const ruled = now();
  const block = easeBlock(summed.steps, inputs.maxItems);
  const { regularization } = inputs;
  const ease = await fitEase(block, (triangle) => addProducts(sums, summed, block.rowOf, triangle), {
    regularization,
    inverter,
    keep: entriesKept,
  });
  const seconds = { popularity: 0, sr: (ruled - started) / 1000, ease: (now() - ruled) / 1000 };
  return { items, popularity: new Popularity(items, summed.popularity), sr, ease, seconds };
}
