import { describe, expect, it, vi } from 'vitest';
import { gatherReads } from './gather-reads.ts';

const key = (profileId: string) => ({ tag: 't', profileId });

describe('gatherReads', () => {
  it('asks once for what is asked in one turn, and gives each its own, in order', async () => {
    const get = vi.fn(async (keys: readonly { profileId: string }[]) =>
      keys.map(({ profileId }) => (profileId === 'none' ? undefined : Buffer.from(profileId))),
    );
    const store = gatherReads({ get });
    const answers = await Promise.all(
      [[key('a')], [key('b'), key('none'), key('a')], []].map((keys) => store.get(keys)),
    );
    const texts = answers.map((states) => states.map((state) => state && Buffer.from(state).toString()));
    expect(texts).toEqual([['a'], ['b', undefined, 'a'], []]);
    expect(get).toHaveBeenCalledTimes(1);
    await store.get([key('c')]);
    expect(get.mock.calls.map(([keys]) => keys.length)).toEqual([4, 1]);
  });

  it('tells everyone of a failure, and goes on after it', async () => {
    const get = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue([undefined]);
    const store = gatherReads({ get });
    const outcomes = await Promise.allSettled([store.get([key('a')]), store.get([key('b')])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await store.get([key('a')])).toEqual([undefined]);
  });
});
