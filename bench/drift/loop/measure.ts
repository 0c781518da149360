/** How many questions each of the compared models answers, in steps of the run, and from some event on. */

const compared = ['live', 'static', 'fresh'] as const;
/** `live`: whichever model serves the profile; `static`: the one that served when the change came; `fresh`: one of the new taste alone. */
export type Compared = (typeof compared)[number];

export interface Point {
  /** Events at its end. */
  readonly at: number;
  /** Share of the questions whose item was among the first ten; absent where the model was asked nothing. */
  readonly hitRate: Partial<Record<Compared, number>>;
}

interface Count {
  questions: number;
  hits: number;
}

export interface Measure {
  count(of: Compared, hit: boolean): void;
  /** Ends a step. */
  close(at: number): void;
  readonly points: readonly Point[];
  /** Over the steps that ended after `from`. */
  since(from: number): Record<Compared, number>;
}

export function startMeasure(): Measure {
  const points: Point[] = [];
  const steps: { readonly at: number; readonly counts: Record<Compared, Count> }[] = [];
  let counts = none();
  return {
    points,
    count(of, hit) {
      counts[of].questions++;
      if (hit) counts[of].hits++;
    },
    close(at) {
      const asked = compared.filter((of) => counts[of].questions > 0);
      points.push({ at, hitRate: Object.fromEntries(asked.map((of) => [of, rateOf([counts[of]])])) });
      steps.push({ at, counts });
      counts = none();
    },
    since(from) {
      const wanted = steps.filter(({ at }) => at > from);
      const rate = (of: Compared): number => rateOf(wanted.map((step) => step.counts[of]));
      return { live: rate('live'), static: rate('static'), fresh: rate('fresh') };
    },
  };
}

const none = (): Record<Compared, Count> => ({
  live: { questions: 0, hits: 0 },
  static: { questions: 0, hits: 0 },
  fresh: { questions: 0, hits: 0 },
});

function rateOf(counts: readonly Count[]): number {
  const sum = (part: keyof Count): number => counts.reduce((total, count) => total + count[part], 0);
  return sum('questions') === 0 ? 0 : sum('hits') / sum('questions');
}
