/** Fits all models to what the sums hold: the same as `fitAll` gives for the sequences of the same events, to the bit. */
import type { ItemAttributes } from '../../event.ts';
import { easeBlock, fitEase } from '../ease.ts';
import { entriesKept, type FitOptions, type Fitted } from '../fit.ts';
import { addGram } from '../gram.ts';
import { ItemIndex } from '../item-index.ts';
import { pruneRows, type Coordinates } from '../item-matrix.ts';
import { Popularity } from '../popularity.ts';
import { rulesOf } from '../sequential-rules.ts';
import type { Sequences } from '../sequences.ts';
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

/** What the counters hold, by index; those that came to nothing are left out. */
export function pairsOf({ pairs }: Sums, { indexOf }: SummedItems): Coordinates {
  const { rows, columns, values } = pairs.counts.coordinates();
  const held = Uint32Array.from(values.keys()).filter((at) => values[at] !== 0);
  return {
    rows: held.map((at) => indexOf[rows[at]!]!),
    columns: held.map((at) => indexOf[columns[at]!]!),
    values: Float64Array.from(held, (at) => values[at]!),
  };
}

/** Each person's distinct items, as sequences that say nothing of order: all that a Gram matrix asks for. */
export function rowsOf({ rows, persons }: Sums, { indexOf }: SummedItems): Sequences {
  const starts = [0];
  for (const person of persons.persons()) starts.push(starts.at(-1)! + rows.of(person).length);
  const items = new Uint32Array(starts.at(-1)!);
  let at = 0;
  for (const person of persons.persons()) for (const item of rows.of(person)) items[at++] = indexOf[item]!;
  return { starts: Uint32Array.from(starts), items, times: new Float64Array(), targets: new Uint8Array() };
}

export async function fitSums(sums: Sums, summed: SummedItems, options: FitOptions): Promise<Fitted> {
  const { inputs, inverter, now } = options;
  const started = now();
  const sr = pruneRows(rulesOf(pairsOf(sums, summed), summed.items.size), entriesKept);
  const ruled = now();
  const block = easeBlock(summed.steps, inputs.maxItems);
  const { regularization } = inputs;
  const ease = await fitEase(block, (triangle) => addGram(rowsOf(sums, summed), block.rowOf, triangle), {
    regularization,
    inverter,
    keep: entriesKept,
  });
  const seconds = { popularity: 0, sr: (ruled - started) / 1000, ease: (now() - ruled) / 1000 };
  return { items: summed.items, popularity: new Popularity(summed.items, summed.popularity), sr, ease, seconds };
}
