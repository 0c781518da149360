/** Σ (a − b)² over two rows of one length. */
export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let field = 0; field < a.length; field++) sum += (a[field]! - b[field]!) ** 2;
  return sum;
}
