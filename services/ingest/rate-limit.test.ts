/** The limits of rate and of memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPressure } from './pressure.ts';
import { createRateLimit } from './rate-limit.ts';

describe('createRateLimit', () => {
  it('lets a batch in with debt, and says how long the next one waits', () => {
    const rate = createRateLimit(100);
    expect(rate.waitMs(0)).toBe(0);
    rate.take(250, 0);
    expect(rate.waitMs(0)).toBe(1510);
    expect(rate.waitMs(1000)).toBe(510);
    expect(rate.waitMs(1510)).toBe(0);
  });

  it('never lets more in than the rate, one second’s worth and one batch', () => {
    const arrivals = fc.array(fc.record({ afterMs: fc.nat({ max: 400 }), events: fc.integer({ min: 1, max: 80 }) }), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(arrivals, (list) => {
        const rate = createRateLimit(100);
        let now = 0;
        let taken = 0;
        for (const { afterMs, events } of list) {
          now += afterMs;
          if (rate.waitMs(now) > 0) continue;
          rate.take(events, now);
          taken += events;
        }
        expect(taken).toBeLessThanOrEqual(100 + (now / 1000) * 100 + 80);
      }),
    );
  });

  it('is not emptied by a clock that is set back, and has no limit where none is given', () => {
    const rate = createRateLimit(10);
    rate.take(5, 1_000_000);
    expect(rate.waitMs(0)).toBe(0);
    expect(createRateLimit(undefined).waitMs(0)).toBe(0);
  });
});

describe('createPressure', () => {
  it('refuses at the limit, and lets a batch beyond it in when nothing else waits', () => {
    const pressure = createPressure({ pendingEvents: 100, pendingBytes: 1000 });
    expect(pressure.refusal(500)).toBeUndefined();
    const release = pressure.hold(60, 100);
    expect(pressure.refusal(40)).toBeUndefined();
    expect(pressure.refusal(41)).toMatchObject({ status: 429, retryAfterSeconds: 1 });
    const more = pressure.hold(40, 0);
    expect(pressure.refusal(0)).toMatchObject({ status: 429 });
    more();
    more();
    expect(pressure.events).toBe(60);
    const bytes = pressure.hold(0, 900);
    expect(pressure.refusal(0)).toMatchObject({ status: 429 });
    bytes();
    release();
    expect([pressure.events, pressure.bytes]).toEqual([0, 0]);
  });
});
