/** Linear item-item models: SR, EASE, and their weighted sum. Score = Σ parts weight · Σ history decay^age · row. */
import type { ItemIndex } from './item-index.ts';
import type { ItemMatrix } from './item-matrix.ts';
import { topN, type HistoryEntry, type ModelKind, type Recommender, type Scored } from './recommender.ts';

type PartName = 'sr' | 'ease';

export interface Part {
  readonly name: PartName;
  readonly matrix: ItemMatrix;
  readonly weight: number;
  /** A step that lies `age` steps back in the history weighs decay^age. */
  readonly decay: number;
}

export class Blend implements Recommender {
  readonly kind: ModelKind;
  readonly items: ItemIndex;
  readonly parts: readonly Part[];

  /** A blend of one part is that part's model. */
  constructor(items: ItemIndex, parts: readonly Part[]) {
    this.kind = parts.length === 1 ? parts[0]!.name : 'blend';
    this.items = items;
    this.parts = parts;
  }

  score(history: readonly HistoryEntry[], out: Float64Array): boolean {
    const steps = new Int32Array(history.length);
    for (let at = 0; at < steps.length; at++) steps[at] = this.items.indexOf(history[at]!.itemId);
    return this.scoreSteps(steps, out);
  }

  /** As `score`, from catalogue indices (-1: unknown, which still takes a step). */
  scoreSteps(steps: Int32Array | Uint32Array, out: Float64Array): boolean {
    out.fill(0);
    let known = false;
    for (const part of this.parts) if (addPart(part, steps, out)) known = true;
    return known;
  }

  similar(item: number, n: number): Scored[] {
    const scores = new Float64Array(this.items.size);
    if (!this.scoreSteps(Int32Array.of(item), scores)) return [];
    return topN(scores, n, (other) => other === item || scores[other]! <= 0);
  }
}

/** out += weight · Σ decay^age · row, the newest step (the last) having age 0. False if no step has a row. */
function addPart(part: Part, steps: Int32Array | Uint32Array, out: Float64Array): boolean {
  let known = false;
  let factor = part.weight;
  for (let at = steps.length - 1; at >= 0; at--) {
    if (part.matrix.addRow(steps[at]!, factor, out)) known = true;
    factor *= part.decay;
  }
  return known;
}
