import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { LikenessError } from '../shared/errors.ts';
import { watchStore } from './watch-store.ts';

const logger = pino({ level: 'silent' });

describe('watchStore', () => {
  it('does not trust a store that has not answered, and follows it up and down', async () => {
    let failure: Error | undefined;
    const check = vi.fn(async () => {
      if (failure) throw failure;
    });
    const watch = watchStore({ check }, logger, 2);
    expect(watch.problem()).toMatch(/not answered yet/);
    await vi.waitFor(() => expect(watch.problem()).toBeUndefined());
    failure = new LikenessError('StoreEvicts', 'it may evict keys');
    await vi.waitFor(() => expect(watch.problem()).toMatch(/StoreEvicts/));
    failure = undefined;
    await vi.waitFor(() => expect(watch.problem()).toBeUndefined());
    watch.close();
  });

  it('asks one question at a time', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = vi.fn(() => promise);
    const watch = watchStore({ check }, logger, 1);
    await new Promise((done) => setTimeout(done, 20));
    expect(check).toHaveBeenCalledTimes(1);
    watch.close();
    resolve();
  });
});
