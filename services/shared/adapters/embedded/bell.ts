/** Wakes the readers of a partition: at once after a commit of this process, by polling after one of another. */

export class Bell {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #topicListeners = new Set<() => void>();

  /** Resolves at the next ring for `key` (or for everyone), or when `signal` aborts. */
  wait(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting);
    return new Promise((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  /** Calls back whenever topics may have come or gone. Returns a function that stops it. */
  onTopics(callback: () => void): () => void {
    this.#topicListeners.add(callback);
    return () => void this.#topicListeners.delete(callback);
  }

  ring(keys: ReadonlySet<string>): void {
    if (keys.has('*')) return this.ringAll();
    for (const key of keys) for (const wake of this.#waiting.get(key) ?? []) wake();
  }

  ringAll(): void {
    for (const waiting of this.#waiting.values()) for (const wake of waiting) wake();
    for (const callback of this.#topicListeners) callback();
  }
}
