/** Time that stands still until a test moves it. */
import { setImmediate } from 'node:timers/promises';
import type { Timing } from '../../../operator/kubernetes/runtime/timing.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class FakeTiming implements Timing {
  #ms = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  readonly #random: () => number;
  /** What the wall clock shows beyond the monotonic one. */
  wallOffsetMs = Date.UTC(2026, 0, 1);
  /** Called whenever something may have happened in `advance`. */
  afterStep: () => void = () => undefined;

  constructor(random: () => number = () => 0.5) {
    this.#random = random;
  }

  readonly now = (): number => this.#ms + this.wallOffsetMs;
  readonly monotonic = (): number => this.#ms;
  readonly random = (): number => this.#random();
  readonly turn = (): Promise<void> => Promise.resolve();

  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.#ms + Math.max(ms, 0), order: this.#order++, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Runs what is due in the next `ms`, in order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#ms + ms;
    await settle();
    for (let next = this.#due(until); next; next = this.#due(until)) {
      this.#ms = Math.max(this.#ms, next.at);
      this.#timers.delete(next);
      next.run();
      await settle();
      this.afterStep();
    }
    this.#ms = until;
    await settle();
  }

  /** Moves time on until the promise settles, a minute at most. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => (settled = true);
    promise.then(mark, mark);
    for (let i = 0; i < 600 && !settled; i++) await this.advance(100);
    if (!settled) throw new Error('The promise did not settle within a minute.');
    return promise;
  }

  /** Like `advance` for code without promises. */
  advanceNow(ms: number): void {
    const until = this.#ms + ms;
    for (let next = this.#due(until); next; next = this.#due(until)) {
      this.#ms = Math.max(this.#ms, next.at);
      this.#timers.delete(next);
      next.run();
    }
    this.#ms = until;
  }

  #due(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Promises settle in microtasks; a macrotask comes after all of them. */
async function settle(): Promise<void> {
  await setImmediate();
}
