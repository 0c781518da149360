/** Counters of all pairs that there can be, one beside the other: where many of them occur, less than a table of those. */

export class PairSquare {
  /** Rows and columns are below it. */
  readonly side: number;
  readonly #values: Float64Array;

  constructor(side: number) {
    this.side = side;
    this.#values = new Float64Array(side * side);
  }

  static bytesOf(side: number): number {
    return side * side * 8;
  }

  add(row: number, column: number, amount: number): void {
    const at = row * this.side + column;
    this.#values[at] = this.#values[at]! + amount;
  }

  get(row: number, column: number): number {
    return this.#values[row * this.side + column]!;
  }

  /** Those that are not zero. */
  each(visit: (row: number, column: number, value: number) => void): void {
    for (let row = 0, at = 0; row < this.side; row++)
      for (let column = 0; column < this.side; column++, at++)
        if (this.#values[at] !== 0) visit(row, column, this.#values[at]!);
  }
}
