/** From the counts of a summary back to values for a detector. */

/**
 * `total` values of which `errors` are 1, spread evenly, so that a block's counts give the same values wherever it is
 * read. 0 ≤ errors ≤ total, both whole.
 */
export function* spreadErrors(errors: number, total: number): Generator<0 | 1> {
  for (let at = 0; at < total; at++) {
    yield Math.floor(((at + 1) * errors) / total) > Math.floor((at * errors) / total) ? 1 : 0;
  }
}
