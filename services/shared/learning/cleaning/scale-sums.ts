/** Learns how a number is scaled. */
import type { ScaleStep } from '../../../../crds/learned-cleaning.ts';
import { scaleDefinition, type LearnedScale } from './cleaning-model.ts';
import { ColumnSums } from './column-sums.ts';
import { sentNumber, typeFilter, type Observed } from './observed.ts';
import { fitScale } from './scale.ts';

/** Fewer values say too little of a column, or of what is an outlier in it. */
export const leastValues = 30;

export class ScaleSums {
  readonly #step: ScaleStep;
  readonly #field: ReturnType<typeof sentNumber>;
  readonly #isFor: (type: string) => boolean;
  readonly #column = new ColumnSums();

  constructor(step: ScaleStep) {
    this.#step = step;
    this.#field = sentNumber(step.field);
    this.#isFor = typeFilter(step.events);
  }

  add({ event }: Observed): void {
    if (!this.#isFor(event.type)) return;
    const value = this.#field(event);
    if (value !== undefined) this.#column.add(value);
  }

  merge(stored: unknown): void {
    this.#column.merge(stored);
  }

  store(): unknown {
    return this.#column.store();
  }

  fit(): LearnedScale | undefined {
    const scale = fitScale(this.#step.method, this.#column.statistics());
    const { count } = this.#column;
    if (scale === undefined || count < leastValues) return undefined;
    return { name: this.#step.name, definition: scaleDefinition(this.#step), values: count, scale };
  }
}
