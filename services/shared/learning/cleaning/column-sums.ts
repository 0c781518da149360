/** What is learned of one column of numbers: moments and quantiles, part by part. */
import { z } from 'zod';
import { addToMoments, mergeMoments, momentsSchema, noMoments } from './moments.ts';
import { QuantileDigest } from './quantile-digest.ts';
import type { ColumnStatistics } from './scale.ts';

const storedSchema = z.strictObject({ moments: momentsSchema, digest: z.unknown() });

export class ColumnSums {
  #moments = noMoments();
  readonly digest = new QuantileDigest();

  get count(): number {
    return this.#moments.count;
  }

  /** Takes a finite value. */
  add(value: number): void {
    addToMoments(this.#moments, value);
    this.digest.add(value);
  }

  /** Throws a ZodError if `stored` is not what `store` gives. */
  merge(stored: unknown): void {
    const { moments, digest } = storedSchema.parse(stored);
    this.#moments = mergeMoments(this.#moments, moments);
    this.digest.merge(QuantileDigest.from(digest));
  }

  /** Plain JSON. */
  store(): z.output<typeof storedSchema> {
    return { moments: this.#moments, digest: this.digest.store() };
  }

  statistics(): ColumnStatistics {
    return { moments: this.#moments, quantile: (fraction) => this.digest.quantile(fraction) };
  }
}
