/** What a profile store behind a network keeps besides the contract: lost answers and servers that die are survived. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ProfileStore } from '../../services/shared/profile-store.ts';
import { advance, foldUpTo, mark, seeded, text } from './profile-store-chain.ts';
import type { ProfileStoreHarness } from './profile-store.ts';

export interface ProfileStoreServer extends ProfileStoreHarness {
  /** A store that can be told to lose the answer of the next commit. */
  openLossy(): Promise<{ store: ProfileStore; loseNextAnswer: () => void }>;
  /** Kills the server without warning, cuts `truncate` bytes off its log, starts it again. */
  crash(truncate: number): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function profileStoreServerContract(name: string, start: () => Promise<ProfileStoreServer>): void {
  describe(`${name} survives its server`, () => {
    let server: ProfileStoreServer;
    let store: ProfileStore;
    let rival: ProfileStore;
    let tag: string;
    let tags = 0;
    beforeAll(async () => {
      server = await start();
      store = await server.open();
      rival = await server.open();
    });
    afterAll(async () => {
      await store.close();
      await rival.close();
      await server.stop();
    });
    beforeEach(() => (tag = `default/shop/e1/p${tags++}`));

    test('a commit whose answer is lost rejects, and a new read shows the truth', async () => {
      const { store: lossy, loseNextAnswer } = await server.openLossy();
      const reconnected = new Promise<void>((resolve) => lossy.onReconnect(resolve));
      await lossy.commit(tag, undefined, mark(1), [{ profileId: 'a', state: Buffer.from('1') }]);
      loseNextAnswer();
      const writes = [{ profileId: 'a', state: Buffer.from('2'), ids: { append: Buffer.from('x') } }];
      const lost = lossy.commit(tag, mark(1), mark(2), writes);
      await expect(lost).rejects.toMatchObject({ code: 'StoreUnavailable', retryable: true });
      await reconnected;
      await pause(100); // Long enough for a client that repeats commands to do so.
      const { watermark, profiles } = await lossy.read(tag, ['a']);
      expect(watermark).toEqual(mark(2));
      expect([text(profiles[0]!.state), text(profiles[0]!.ids)]).toEqual(['2', 'x']);
      await lossy.close();
    });

    test.each([0, 40, 5000])('dying and losing %i bytes keeps states and watermark together', async (truncate) => {
      const random = seeded(truncate);
      let stopped = false;
      const write = async (): Promise<void> => {
        while (!stopped) await advance(store, tag, { last: Number.MAX_SAFE_INTEGER, random }).catch(() => pause(20));
      };
      const writing = write();
      await pause(300);
      const before = (await foldUpTo(rival, tag)).offset;
      expect(before).toBeGreaterThan(0);
      await server.crash(truncate);
      await expect.poll(() => foldUpTo(rival, tag).catch(() => undefined), { timeout: 10_000 }).toBeDefined();
      const after = await foldUpTo(rival, tag);
      expect(after.matches).toBe(true);
      if (truncate === 0) expect(after.offset).toBeGreaterThanOrEqual(before);
      await pause(200);
      stopped = true;
      await writing;
      const end = await foldUpTo(rival, tag);
      expect(end.matches).toBe(true);
      expect(end.offset).toBeGreaterThan(after.offset);
    });

    test('a reconnect calls back, unless the callback was taken back', async () => {
      const called: string[] = [];
      store.onReconnect(() => called.push('kept'));
      store.onReconnect(() => called.push('taken back'))();
      await server.crash(0);
      await expect.poll(() => called, { timeout: 10_000 }).toEqual(['kept']);
    });

    test('without a server commands reject at once, instead of waiting for one', async () => {
      const { store: cut, loseNextAnswer } = await server.openLossy();
      loseNextAnswer();
      const answers = await Promise.allSettled([
        cut.read(tag, []),
        cut.read(tag, []),
        cut.get([{ tag, profileId: 'a' }]),
      ]);
      for (const answer of answers)
        expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'StoreUnavailable', retryable: true } });
      await cut.close();
    });
  });
}
