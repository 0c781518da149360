/** The items that a model knows, the most popular first: so a tie, and an empty history, falls to the more popular. */

export class ItemIndex {
  readonly ids: readonly string[];
  readonly #index: ReadonlyMap<string, number>;

  /** `ids` are distinct and ordered by popularity, the greatest first. */
  constructor(ids: readonly string[]) {
    this.ids = ids;
    this.#index = new Map(ids.map((id, index) => [id, index]));
  }

  get size(): number {
    return this.ids.length;
  }

  /** Index of an item, -1 if it is unknown. */
  indexOf(id: string): number {
    return this.#index.get(id) ?? -1;
  }
}
