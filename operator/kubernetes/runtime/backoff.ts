/** How long to wait before trying again: per item, for a connection, and for all of them together. */
import type { Timing } from './timing.ts';

export interface BackoffSettings {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Doubles with every failure of an item, from `firstMs` to `longestMs`; success forgets it. */
export class ItemBackoff {
  readonly #settings: BackoffSettings;
  readonly #failures = new Map<string, number>();

  constructor(settings: BackoffSettings) {
    this.#settings = settings;
  }

  next(item: string): number {
    const failures = this.#failures.get(item) ?? 0;
    this.#failures.set(item, failures + 1);
    return doubled(this.#settings, failures);
  }

  failures(item: string): number {
    return this.#failures.get(item) ?? 0;
  }

  forget(item: string): void {
    this.#failures.delete(item);
  }
}

/** Full waits of a connection that fails again and again, drawn from the upper half so that clients spread out. */
export function jitteredWait(settings: BackoffSettings, failures: number, random: () => number): number {
  return doubled(settings, failures) * (0.5 + random() / 2);
}

function doubled({ firstMs, longestMs }: BackoffSettings, failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures, 60));
}

/** `perSecond` on average, `burst` at once. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #timing: Pick<Timing, 'monotonic'>;
  /** Negative: promised to those who wait. */
  #tokens: number;
  #at: number;

  constructor(rate: { readonly perSecond: number; readonly burst: number }, timing: Pick<Timing, 'monotonic'>) {
    this.#perSecond = rate.perSecond;
    this.#burst = rate.burst;
    this.#timing = timing;
    this.#tokens = rate.burst;
    this.#at = timing.monotonic();
  }

  /** Takes a token; the answer is how many milliseconds to wait until it is there. */
  reserve(): number {
    const now = this.#timing.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }
}
