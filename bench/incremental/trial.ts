/** A model that was fitted at a moment and is asked about what comes later, and what its trainings have cost. */
import {
  blendModel,
  defaultWeights,
  evaluationOf,
  type FitOptions,
  type Fitted,
} from '../../services/shared/learning/fit.ts';
import { addTally, meansOf, tally, type Tally } from '../../services/shared/learning/evaluate.ts';
import { fitSums, itemsOf, type SummedItems } from '../../services/shared/learning/incremental/fit-sums.ts';
import type { Prequential } from '../../services/shared/learning/incremental/prequential.ts';
import type { Sums } from '../../services/shared/learning/incremental/sums.ts';
import { round } from '../statistics.ts';

const k = 10;

export class Trial {
  readonly #options: FitOptions;
  #known: SummedItems | undefined;
  #fitted: Fitted | undefined;
  #tally: Omit<Tally, 'recommended'> = { queries: 0, recall: 0, ndcg: 0, mrr: 0 };
  runs = 0;
  eventsRead = 0;
  readSeconds = 0;
  #fitSeconds = 0;

  constructor(options: FitOptions) {
    this.#options = options;
  }

  get fitted(): Fitted {
    return this.#fitted!;
  }

  async fit(sums: Sums): Promise<void> {
    const started = performance.now();
    this.#known = itemsOf(sums);
    this.#fitted = await fitSums(sums, this.#known, this.#options);
    this.#fitSeconds += (performance.now() - started) / 1000;
    this.runs++;
  }

  ask(questions: Prequential): void {
    const known = this.#known!;
    const { inputs } = this.#options;
    const [, asked] = questions.split(0, (item) => known.indexOf[item] ?? item);
    const model = blendModel(this.fitted, defaultWeights);
    const sum = { ...this.#tally, recommended: new Uint8Array(this.fitted.items.size) };
    addTally(sum, tally(model, evaluationOf(this.fitted, { ...asked, k, inputs })));
    this.#tally = sum;
  }

  quality(): { readonly ndcg10: number; readonly recall10: number; readonly questions: number } {
    const { ndcg, recall, queries } = meansOf({ ...this.#tally, recommended: new Uint8Array() });
    return { ndcg10: round(ndcg, 4), recall10: round(recall, 4), questions: queries };
  }

  cost(): object {
    const { runs, eventsRead } = this;
    return { runs, eventsRead, readSeconds: round(this.readSeconds, 1), fitSeconds: round(this.#fitSeconds, 1) };
  }
}
