/** A sample of the events that a model learns from, of bounded size, and what came of it at the end: the baseline's inputs. */
import type { CleanEvent } from '../../event.ts';
import { idHash64 } from '../../id-hash.ts';
import type { ItemIndex } from '../item-index.ts';
import { isStep, type ModelInputs } from '../model-inputs.ts';
import { newestCount, sketchColumns, type InputColumn } from './baseline.ts';
import { eventInputs, eventValues } from './watched-inputs.ts';
import type { Sketch } from '../sketch/sketch.ts';

/** Memory is bounded by this, however long the log is. */
const mostRows = 50_000;

/** Hash of the event id, time, and the fields that inputs are made of. */
type Row = readonly [
  hash: readonly [number, number],
  time: number,
  type: string,
  value: number | null,
  itemId: string,
  category: string | null,
];

interface Stored {
  readonly threshold: number;
  readonly rows: readonly Row[];
}

/** The same events give the same sample, in whatever order and grouping they come. */
export class BaselineSample {
  readonly #inputs: ModelInputs;
  /** Events whose hash is below it are in the sample; halved whenever there are too many. */
  #threshold = 2 ** 32;
  #rows: Row[] = [];

  constructor(inputs: ModelInputs) {
    this.#inputs = inputs;
  }

  take({ id, time, type, value = null, itemId, item }: CleanEvent): void {
    if (!itemId || !isStep(this.#inputs, type)) return;
    const hash = idHash64(id);
    if (hash[1] >>> 0 >= this.#threshold) return;
    this.#rows.push([hash, Date.parse(time), type, value, itemId, item?.category ?? null]);
    this.#thin();
  }

  store(): Stored {
    return { threshold: this.#threshold, rows: this.#rows };
  }

  /** Takes in what another worker has sampled. */
  merge({ threshold, rows }: Stored): void {
    this.#threshold = Math.min(this.#threshold, threshold);
    this.#rows = [...this.#rows, ...rows];
    this.#keepBelow();
    this.#thin();
  }

  /** The sketch of each input of events, over the newest of the sample; `items` is the model's catalogue. */
  fit(items: ItemIndex): Record<string, Sketch> {
    const newest = this.#newest();
    const columns = eventInputs.map((input): InputColumn => ({ ...input, values: [] }));
    for (const [, , type, value, itemId, category] of newest) {
      const values = eventValues({ type, value, itemId, item: { category } }, items);
      columns.forEach((column, at) => (column.values as unknown[]).push(values[at]));
    }
    return sketchColumns(columns);
  }

  #thin(): void {
    while (this.#rows.length > mostRows) {
      this.#threshold /= 2;
      this.#keepBelow();
    }
  }

  #keepBelow(): void {
    this.#rows = this.#rows.filter(([hash]) => hash[1] >>> 0 < this.#threshold);
  }

  /** Of an event that lies in the log twice one copy. */
  #newest(): Row[] {
    const sorted = this.#rows.toSorted(newerFirst);
    const distinct = sorted.filter((row, at) => at === 0 || newerFirst(sorted[at - 1]!, row) !== 0);
    return distinct.slice(0, newestCount(distinct.length));
  }
}

function newerFirst([a, timeA]: Row, [b, timeB]: Row): number {
  return timeB - timeA || a[0] - b[0] || a[1] - b[1];
}
