/** Quantiles of samples that fit into memory. */

/** Linear between neighbours, as NumPy's default. `sorted` is ascending and not empty; 0 ≤ fraction ≤ 1. */
export function quantileOf(sorted: ArrayLike<number>, fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
