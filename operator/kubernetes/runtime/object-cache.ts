/** Objects by key, and by one index. */

export class ObjectCache<T> {
  readonly #objects = new Map<string, T>();
  /** Few keys each, so that a list takes less than a set and is no slower. */
  readonly #index = new Map<string, string[]>();
  readonly #indexBy: (object: T) => string | undefined;

  constructor(indexBy: (object: T) => string | undefined = () => undefined) {
    this.#indexBy = indexBy;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: T): void {
    this.#unindex(key);
    this.#objects.set(key, object);
    const value = this.#indexBy(object);
    if (value === undefined) return;
    // A new array has room for what is in it, one that is pushed to for sixteen more.
    this.#index.set(value, [...(this.#index.get(value) ?? []), key]);
  }

  delete(key: string): void {
    this.#unindex(key);
    this.#objects.delete(key);
  }

  indexed(value: string): T[] {
    return (this.#index.get(value) ?? []).map((key) => this.#objects.get(key)!);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  entries(): IterableIterator<[string, T]> {
    return this.#objects.entries();
  }

  #unindex(key: string): void {
    const before = this.#objects.get(key);
    const value = before === undefined ? undefined : this.#indexBy(before);
    const keys = value === undefined ? undefined : this.#index.get(value);
    if (!keys) return;
    keys.splice(keys.indexOf(key), 1);
    if (keys.length === 0) this.#index.delete(value!);
  }
}
