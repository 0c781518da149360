/** A binary heap: the element that is least by `compare` comes out first. */

export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  #elements: T[] = [];

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#elements.length;
  }

  peek(): T | undefined {
    return this.#elements[0];
  }

  push(element: T): void {
    const elements = this.#elements;
    let at = elements.push(element) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(elements[parent]!, element) <= 0) break;
      elements[at] = elements[parent]!;
      at = parent;
    }
    elements[at] = element;
  }

  pop(): T | undefined {
    const elements = this.#elements;
    const first = elements[0];
    const last = elements.pop();
    if (elements.length > 0) this.#sink(last!);
    return first;
  }

  /** Drops the others. An ordered list is a heap. */
  keep(isKept: (element: T) => boolean): void {
    this.#elements = this.#elements.filter(isKept).sort(this.#compare);
  }

  /** Whatever order they lie in. */
  values(): readonly T[] {
    return this.#elements;
  }

  #sink(element: T): void {
    const elements = this.#elements;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= elements.length) break;
      if (child + 1 < elements.length && this.#compare(elements[child + 1]!, elements[child]!) < 0) child++;
      if (this.#compare(elements[child]!, element) >= 0) break;
      elements[at] = elements[child]!;
      at = child;
    }
    elements[at] = element;
  }
}
