/** Calibration: scores of a classifier → probabilities that come true as often as they say. */
import { sigmoid, softplus } from './logistic.ts';
import { logLoss } from './quality.ts';

export type Calibration =
  /** p = 1 / (1 + exp(slope · logit + offset)), Platt's A and B. */
  | { readonly kind: 'platt'; readonly slope: number; readonly offset: number }
  /** A rising polygon through (scores, probabilities); constant beyond its ends. Scores ascending. */
  | { readonly kind: 'isotonic'; readonly scores: readonly number[]; readonly probabilities: readonly number[] };

export function calibrate(calibration: Calibration, logit: number): number {
  if (calibration.kind === 'platt') return sigmoid(-(calibration.slope * logit + calibration.offset));
  const { scores, probabilities } = calibration;
  let [low, high] = [0, scores.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle]! <= logit) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return probabilities[0]!;
  if (low === scores.length) return probabilities[low - 1]!;
  const share = (logit - scores[low - 1]!) / (scores[low]! - scores[low - 1]!);
  return probabilities[low - 1]! + share * (probabilities[low]! - probabilities[low - 1]!);
}

/**
 * Platt 1999 with the targets (n₊+1)/(n₊+2) and 1/(n₋+2), minimised by Newton steps with halving (Lin, Lin, Weng 2007,
 * "A note on Platt's probabilistic outputs").
 */
export function fitPlatt(logits: Float64Array, labels: ArrayLike<number>): Calibration {
  let positives = 0;
  for (let row = 0; row < logits.length; row++) positives += labels[row]!;
  const negatives = logits.length - positives;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (negatives + 2);
  const targets = Float64Array.from(logits, (_, row) => (labels[row] === 1 ? high : low));
  let point: PlattPoint = { slope: 0, offset: Math.log((negatives + 1) / (positives + 1)) };
  for (let step = 0; step < 100; step++) {
    const next = plattStep(logits, targets, point);
    if (next === undefined) break;
    point = next;
  }
  return { kind: 'platt', ...point };
}

interface PlattPoint {
  readonly slope: number;
  readonly offset: number;
}

function plattLoss(logits: Float64Array, targets: Float64Array, { slope, offset }: PlattPoint): number {
  let sum = 0;
  for (let row = 0; row < logits.length; row++) {
    const f = slope * logits[row]! + offset;
    sum += softplus(-f) + targets[row]! * f;
  }
  return sum;
}

/** undefined: there is nothing left to gain. */
function plattStep(logits: Float64Array, targets: Float64Array, point: PlattPoint): PlattPoint | undefined {
  let [aa, ab, bb, ga, gb] = [1e-12, 0, 1e-12, 0, 0];
  for (let row = 0; row < logits.length; row++) {
    const x = logits[row]!;
    const p = sigmoid(-(point.slope * x + point.offset));
    const curvature = p * (1 - p);
    const slope = targets[row]! - p;
    aa += x * x * curvature;
    ab += x * curvature;
    bb += curvature;
    ga += x * slope;
    gb += slope;
  }
  const determinant = aa * bb - ab * ab;
  const moveA = -(bb * ga - ab * gb) / determinant;
  const moveB = -(aa * gb - ab * ga) / determinant;
  const before = plattLoss(logits, targets, point);
  for (let share = 1; share > 1e-10; share /= 2) {
    const next = { slope: point.slope + share * moveA, offset: point.offset + share * moveB };
    if (plattLoss(logits, targets, next) < before - 1e-14 * Math.abs(before)) return next;
  }
  return undefined;
}

/** The rising step function of least squares (pool adjacent violators), kept as the ends of its steps. */
export function fitIsotonic(logits: Float64Array, labels: ArrayLike<number>): Calibration {
  const order = Uint32Array.from(logits, (_, row) => row).sort((a, b) => logits[a]! - logits[b]!);
  const blocks: Block[] = [];
  for (const row of order) {
    const score = logits[row]!;
    const last = blocks.at(-1);
    if (last?.to === score && last.from === score) {
      last.sum += labels[row]!;
      last.rows++;
    } else blocks.push({ from: score, to: score, sum: labels[row]!, rows: 1 });
  }
  const pooled: Block[] = [];
  for (const block of blocks) {
    pooled.push(block);
    while (pooled.length > 1 && meanOf(pooled.at(-2)!) >= meanOf(pooled.at(-1)!)) joinLast(pooled);
  }
  const ends = pooled.flatMap((block) =>
    (block.from === block.to ? [block.from] : [block.from, block.to]).map((score) => ({ score, p: meanOf(block) })),
  );
  return { kind: 'isotonic', scores: ends.map(({ score }) => score), probabilities: ends.map(({ p }) => p) };
}

interface Block {
  from: number;
  to: number;
  sum: number;
  rows: number;
}

const meanOf = ({ sum, rows }: Block): number => sum / rows;

function joinLast(blocks: Block[]): void {
  const last = blocks.pop()!;
  const into = blocks.at(-1)!;
  into.to = last.to;
  into.sum += last.sum;
  into.rows += last.rows;
}

const parts = 5;

/** Whichever says more truly, by log loss, what it has not seen of this fold (every fifth row); Platt where they are level. */
export function fitCalibration(logits: Float64Array, labels: ArrayLike<number>): Calibration {
  const methods = [fitPlatt, fitIsotonic] as const;
  const [platt, isotonic] = methods.map((fit) => heldOutLoss(logits, labels, fit));
  return isotonic! < platt! ? fitIsotonic(logits, labels) : fitPlatt(logits, labels);
}

function heldOutLoss(logits: Float64Array, labels: ArrayLike<number>, fit: typeof fitPlatt): number {
  const probabilities = new Float64Array(logits.length);
  for (let part = 0; part < parts; part++) {
    const rest = Uint32Array.from(logits, (_, row) => row).filter((row) => row % parts !== part);
    const fitted = fit(
      Float64Array.from(rest, (row) => logits[row]!),
      Uint8Array.from(rest, (row) => labels[row]!),
    );
    for (let row = part; row < logits.length; row += parts) probabilities[row] = calibrate(fitted, logits[row]!);
  }
  return logLoss(probabilities, labels);
}
