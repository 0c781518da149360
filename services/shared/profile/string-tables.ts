/** The tables of strings and pairs that a state names by place. They outlive a state: filling a Map anew for each would cost more than all the rest of writing. */

/** Entries that a table remembers from one state to the next. */
const maxRemembered = 16_384;

/** A place in the table of one state; the state's number tells it from a place in an earlier one. */
interface TablePlace {
  state: number;
  place: number;
}

export class StringTable {
  readonly #places = new Map<string, TablePlace>();
  #state = 0;
  #size = 0;

  reset(): void {
    this.#state++;
    this.#size = 0;
    if (this.#places.size > maxRemembered) this.#places.clear();
  }

  /** The place of `value`; -1 if this state has not named it before, and then it has from now on. */
  placeOf(value: string): number {
    const known = this.#places.get(value);
    if (known?.state === this.#state) return known.place;
    if (known === undefined) this.#places.set(value, { state: this.#state, place: this.#size++ });
    else {
      known.state = this.#state;
      known.place = this.#size++;
    }
    return -1;
  }
}

export class PairTable {
  readonly #places = new Map<string, Map<string, TablePlace>>();
  #remembered = 0;
  #state = 0;
  #size = 0;

  reset(): void {
    this.#state++;
    this.#size = 0;
    if (this.#remembered <= maxRemembered) return;
    this.#places.clear();
    this.#remembered = 0;
  }

  /** As StringTable's, of a pair. */
  placeOf(a: string, b: string): number {
    const known = this.#places.get(a)?.get(b) ?? this.#remember(a, b);
    if (known.state === this.#state) return known.place;
    known.state = this.#state;
    known.place = this.#size++;
    return -1;
  }

  #remember(a: string, b: string): TablePlace {
    const fresh = { state: -1, place: -1 };
    const known = this.#places.get(a);
    if (known === undefined) this.#places.set(a, new Map([[b, fresh]]));
    else known.set(b, fresh);
    this.#remembered++;
    return fresh;
  }
}
