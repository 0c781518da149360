/** Learns what an outlier is: columns for what judges one number, a sample of rows for what judges them together. */
import { z } from 'zod';
import type { OutlierStep } from '../../../../crds/learned-cleaning.ts';
import { outlierDefinition, type LearnedOutliers, type Strangeness } from './cleaning-model.ts';
import { ColumnSums } from './column-sums.ts';
import { fitDbscan } from './dbscan.ts';
import { fitIsolationForest } from './isolation-forest.ts';
import { sentNumber, typeFilter, type Observed } from './observed.ts';
import { RowSample } from './row-sample.ts';
import { applyScale, fitScale } from './scale.ts';
import { leastValues } from './scale-sums.ts';
import { fitMad, fitZScore } from './spread-outliers.ts';
import { thresholdOf } from './strangeness.ts';

const storedSchema = z.strictObject({ rows: z.int().min(0), columns: z.array(z.unknown()), sample: z.unknown() });

/** Any: it is fixed, so that the same events give the same model. */
const seed = 20_260_101;

export class OutlierSums {
  readonly #step: OutlierStep;
  readonly #fields: readonly ReturnType<typeof sentNumber>[];
  readonly #isFor: (type: string) => boolean;
  readonly #columns: readonly ColumnSums[];
  readonly #sample = new RowSample();
  readonly #needsAll: boolean;
  /** Events that had all of the fields, or with ZScore and MAD any of them. */
  #rows = 0;

  constructor(step: OutlierStep) {
    this.#step = step;
    this.#fields = step.fields.map(sentNumber);
    this.#isFor = typeFilter(step.events);
    this.#columns = step.fields.map(() => new ColumnSums());
    this.#needsAll = step.method === 'IsolationForest' || step.method === 'DBSCAN';
  }

  add({ event, hash }: Observed): void {
    if (!this.#isFor(event.type)) return;
    const row = this.#fields.map((field) => field(event));
    const isWhole = row.every((value) => value !== undefined);
    if (this.#needsAll ? !isWhole : row.every((value) => value === undefined)) return;
    this.#rows++;
    row.forEach((value, at) => value !== undefined && this.#columns[at]!.add(value));
    if (this.#needsAll && isWhole) this.#sample.add(hash, row);
  }

  merge(stored: unknown): void {
    const { rows, columns, sample } = storedSchema.parse(stored);
    this.#rows += rows;
    this.#columns.forEach((column, at) => column.merge(columns[at]));
    this.#sample.merge(sample);
  }

  store(): z.output<typeof storedSchema> {
    const columns = this.#columns.map((column) => column.store());
    return { rows: this.#rows, columns, sample: this.#sample.store() };
  }

  fit(): LearnedOutliers | undefined {
    if (this.#rows < leastValues) return undefined;
    const strangeness = this.#fit();
    const { name } = this.#step;
    return { name, definition: outlierDefinition(this.#step), values: this.#rows, strangeness };
  }

  #fit(): Strangeness {
    const { method } = this.#step;
    const threshold = thresholdOf(this.#step);
    if (method === 'IsolationForest')
      return { kind: 'Forest', forest: fitIsolationForest(this.#sample.rows(), { seed }) as MutableForest };
    if (method === 'DBSCAN') return this.#fitDensity(threshold);
    const fields = this.#columns.map((column) => {
      if (column.count < leastValues) return null;
      const fitted = method === 'MAD' ? fitMad(column.digest, threshold) : fitZScore(column.statistics(), threshold);
      return fitted ?? null;
    });
    return { kind: 'Spread', fields };
  }

  #fitDensity(radius: number): Strangeness {
    const scales = this.#columns.map((column) => fitScale('Standard', column.statistics()) as LinearScale);
    const rows = this.#sample.rows().map((row) => row.map((value, at) => applyScale(scales[at]!, value)));
    const { cores } = fitDbscan(rows, { radius }).model;
    return { kind: 'Density', scales, model: { radius, cores: cores.map((core) => [...core]) } };
  }
}

type MutableForest = Extract<Strangeness, { kind: 'Forest' }>['forest'];
type LinearScale = Extract<Strangeness, { kind: 'Density' }>['scales'][number];
