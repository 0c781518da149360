/** How what was served differs from what a replay computes for the same state and moment. 0 is the only good value. */
import { canonicalJson } from '../../canonical-json.ts';

export interface SkewReport {
  /** Vectors that were computed again. */
  readonly vectors: number;
  /** Vectors that could not be: of other definitions, or of records that neither log nor archive holds any more. */
  readonly unchecked: number;
  /** Share of the values that differ, 0 to 1; 0 without any value. */
  readonly skew: number;
  /** Greatest difference of two numbers at one place; 0 where none differ. */
  readonly maxDifference: number;
  /** The feature most of whose values differ; undefined where none do. */
  readonly worst?: string;
}

export class SkewSums {
  readonly #values = new Map<string, number>();
  readonly #differing = new Map<string, number>();
  #vectors = 0;
  #unchecked = 0;
  #maxDifference = 0;

  add(served: Readonly<Record<string, unknown>>, computed: Readonly<Record<string, unknown>>): void {
    this.#vectors++;
    for (const [feature, value] of Object.entries(served)) {
      count(this.#values, feature);
      if (canonicalJson(value) === canonicalJson(computed[feature] ?? null)) continue;
      count(this.#differing, feature);
      this.#maxDifference = Math.max(this.#maxDifference, difference(value, computed[feature]));
    }
  }

  addUnchecked(): void {
    this.#unchecked++;
  }

  report(): SkewReport {
    const values = total(this.#values);
    const worst = [...this.#differing].toSorted(([a, more], [b, less]) => less - more || (a < b ? -1 : 1))[0]?.[0];
    return {
      vectors: this.#vectors,
      unchecked: this.#unchecked,
      skew: values === 0 ? 0 : total(this.#differing) / values,
      maxDifference: this.#maxDifference,
      ...(worst !== undefined && { worst }),
    };
  }
}

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
const total = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, each) => sum + each, 0);

/** The greatest difference of two numbers at one place of both. */
function difference(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return 0;
  const other = b as Readonly<Record<string, unknown>>;
  return Math.max(0, ...Object.entries(a).map(([name, value]) => difference(value, other[name])));
}
