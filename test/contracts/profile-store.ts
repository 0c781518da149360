/** The contract of every profile store: states and watermark are read together, committed together, or not at all. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maxWritesPerCommit, type ProfileStore, type Watermark } from '../../services/shared/profile-store.ts';
import { noteContract } from './partition-note.ts';
import { advance, collect, foldUpTo, mark, seeded, text } from './profile-store-chain.ts';

export interface ProfileStoreHarness {
  /** One more store over the same data, as another process would open it. */
  open(): Promise<ProfileStore>;
  stop(): Promise<void>;
}

const bytes = (value: string): Buffer => Buffer.from(value);

export function profileStoreContract(name: string, start: () => Promise<ProfileStoreHarness>): void {
  describe(`${name} keeps the contract of a profile store`, () => {
    let harness: ProfileStoreHarness;
    let store: ProfileStore;
    let rival: ProfileStore;
    let tag: string;
    let tags = 0;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open();
      rival = await harness.open();
    });
    afterAll(async () => {
      await store.close();
      await rival.close();
      await harness.stop();
    });
    // p1, p10, p11 …: tags that are beginnings of one another.
    beforeEach(() => (tag = `default/shop/e1/p1${tags++ || ''}`));

    test('an empty partition has no watermark and no profiles', async () => {
      expect(await store.read(tag, ['a', 'b'])).toEqual({ watermark: undefined, profiles: [undefined, undefined] });
      expect(await store.hasProfiles(tag)).toBe(false);
      expect(await collect(store.list(tag))).toEqual([]);
      await store.check();
    });

    test('what was committed is read, here and elsewhere, in the order asked for', async () => {
      const writes = ['a', 'b'].map((profileId) => ({ profileId, state: bytes(`state of ${profileId}`) }));
      expect(await store.commit(tag, undefined, mark(5), writes)).toBe('committed');
      for (const reader of [store, rival]) {
        const { watermark, profiles } = await reader.read(tag, ['b', 'none', 'a']);
        expect(watermark).toEqual(mark(5));
        expect(profiles.map((profile) => profile && text(profile.state))).toEqual([
          'state of b',
          undefined,
          'state of a',
        ]);
        expect(profiles[0]!.ids.length).toBe(0);
      }
      expect(await store.hasProfiles(tag)).toBe(true);
    });

    test('a watermark advances without writes', async () => {
      expect(await store.commit(tag, undefined, mark(1), [])).toBe('committed');
      expect(await store.commit(tag, mark(1), mark(9), [])).toBe('committed');
      expect((await rival.read(tag, [])).watermark).toEqual(mark(9));
      expect(await store.hasProfiles(tag)).toBe(false);
    });

    test.each<[string, Watermark | undefined]>([
      ['none', undefined],
      ['another offset', { ...mark(7), offset: 6 }],
      ['another timestamp', { ...mark(7), timestamp: 0 }],
      ['another definition', { ...mark(7), definition: 'other' }],
    ])('expecting %s is a conflict and writes nothing', async (_, expected) => {
      await store.commit(tag, undefined, mark(7), [
        { profileId: 'a', state: bytes('old'), ids: { append: bytes('1') } },
      ]);
      const writes = [
        { profileId: 'a', state: bytes('new'), ids: { append: bytes('2') } },
        { profileId: 'b', state: bytes('new'), ids: { replace: bytes('2') } },
      ];
      expect(await store.commit(tag, expected, mark(8), writes)).toBe('conflict');
      const { watermark, profiles } = await rival.read(tag, ['a', 'b']);
      expect(watermark).toEqual(mark(7));
      expect(profiles.map((profile) => profile && [text(profile.state), text(profile.ids)])).toEqual([
        ['old', '1'],
        undefined,
      ]);
    });

    test('expecting a watermark where there is none is a conflict', async () => {
      expect(await store.commit(tag, mark(1), mark(2), [{ profileId: 'a', state: bytes('x') }])).toBe('conflict');
      expect(await store.read(tag, ['a'])).toEqual({ watermark: undefined, profiles: [undefined] });
    });

    test('a rival that commits between read and commit wins', async () => {
      await store.commit(tag, undefined, mark(1), [{ profileId: 'a', state: bytes('1') }]);
      const { watermark } = await store.read(tag, ['a']);
      expect(await rival.commit(tag, watermark, mark(2), [{ profileId: 'a', state: bytes('rival') }])).toBe(
        'committed',
      );
      expect(await store.commit(tag, watermark, mark(3), [{ profileId: 'a', state: bytes('late') }])).toBe('conflict');
      const after = await store.read(tag, ['a']);
      expect(after.watermark).toEqual(mark(2));
      expect(text(after.profiles[0]!.state)).toBe('rival');
    });

    test('of two commits at once exactly one happens', async () => {
      for (let offset = 0; offset < 20; offset++) {
        const expected = offset === 0 ? undefined : mark(offset);
        const outcomes = await Promise.all(
          [store, rival].map((one, index) =>
            one.commit(tag, expected, mark(offset + 1), [{ profileId: 'a', state: bytes(`${offset} by ${index}`) }]),
          ),
        );
        expect(outcomes.toSorted()).toEqual(['committed', 'conflict']);
        const { profiles } = await store.read(tag, ['a']);
        expect(text(profiles[0]!.state)).toBe(`${offset} by ${outcomes.indexOf('committed')}`);
      }
    });

    test.each([1, 2, 3])('two competing writers make exactly one history (seed %i)', async (seed) => {
      const random = seeded(seed);
      const last = 120;
      const write = async (writer: ProfileStore): Promise<void> => {
        while (await advance(writer, tag, { last, random }));
      };
      await Promise.all([write(store), write(rival)]);
      expect(await foldUpTo(rival, tag)).toEqual({ offset: last, matches: true });
    });

    test('states are bytes, whatever they hold', async () => {
      const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      const large = Buffer.alloc(300_000, 7);
      const states = [every, Buffer.alloc(0), Buffer.from('\r\n$-1\r\n'), large];
      const profileIds = states.map((_, index) => `p${index}`);
      const writes = states.map((state, index) => ({ profileId: profileIds[index]!, state, ids: { replace: state } }));
      await store.commit(tag, undefined, mark(1), writes);
      const { profiles } = await rival.read(tag, profileIds);
      for (const [index, state] of states.entries()) {
        expect(Buffer.from(profiles[index]!.state).equals(state)).toBe(true);
        expect(Buffer.from(profiles[index]!.ids).equals(state)).toBe(true);
      }
    });

    test('recent ids are appended to and replaced', async () => {
      const random = seeded(4);
      let expected: Watermark | undefined;
      let model = Buffer.alloc(0);
      for (let offset = 0; offset < 150; offset++) {
        const part = Buffer.alloc(Math.floor(random() * 200), offset);
        const replace = offset % 40 === 39;
        model = replace ? Buffer.alloc(Math.floor(random() * 5000), offset) : Buffer.concat([model, part]);
        const ids = replace ? { replace: model } : { append: part };
        expect(await store.commit(tag, expected, mark(offset), [{ profileId: 'a', state: part, ids }])).toBe(
          'committed',
        );
        expected = mark(offset);
      }
      const { profiles } = await rival.read(tag, ['a']);
      expect(Buffer.from(profiles[0]!.ids).equals(model)).toBe(true);
      await store.commit(tag, expected, mark(1000), [
        { profileId: 'a', state: bytes('s'), ids: { replace: bytes('') } },
      ]);
      expect((await rival.read(tag, ['a'])).profiles[0]!.ids.length).toBe(0);
    });

    test('ids of a profile stay when a write leaves them out', async () => {
      await store.commit(tag, undefined, mark(1), [{ profileId: 'a', state: bytes('1'), ids: { append: bytes('x') } }]);
      await store.commit(tag, mark(1), mark(2), [{ profileId: 'a', state: bytes('2') }]);
      const { profiles } = await store.read(tag, ['a']);
      expect([text(profiles[0]!.state), text(profiles[0]!.ids)]).toEqual(['2', 'x']);
    });

    test(`${maxWritesPerCommit} profiles are one commit; one more, or one twice, is refused and writes nothing`, async () => {
      const batch = (count: number, value: string) =>
        Array.from({ length: count }, (_, index) => ({
          profileId: `user-${index}`,
          state: bytes(`${value} ${index}`),
          ids: { append: bytes(value) },
        }));
      expect(await store.commit(tag, undefined, mark(1), batch(maxWritesPerCommit, 'one'))).toBe('committed');
      expect(await store.commit(tag, mark(1), mark(2), batch(maxWritesPerCommit, 'two'))).toBe('committed');
      await expect(store.commit(tag, mark(2), mark(3), batch(maxWritesPerCommit + 1, 'three'))).rejects.toMatchObject({
        code: 'BadData',
      });
      const twice = [...batch(2, 'three'), ...batch(1, 'three')];
      await expect(store.commit(tag, mark(2), mark(3), twice)).rejects.toMatchObject({ code: 'BadData' });
      const names = batch(maxWritesPerCommit + 1, '').map(({ profileId }) => profileId);
      const { watermark, profiles } = await rival.read(tag, names);
      expect(watermark).toEqual(mark(2));
      expect(profiles.at(-1)).toBeUndefined();
      expect(profiles.slice(0, -1).every((one, index) => text(one!.state) === `two ${index}`)).toBe(true);
      expect(profiles.slice(0, -1).every((one) => text(one!.ids) === 'onetwo')).toBe(true);
    });

    test('ids hold globs, separators, NUL and any script; partitions never meet', async () => {
      const odd = ['*', '?', '[a-z]', 'a:b', 'a', 'a:', '{x}', '\\', 'a\0b', 'ü€😀', ' ', '^-', 'x'.repeat(1024)];
      const other = `${tag}0`;
      const write = (mine: string) => odd.map((profileId) => ({ profileId, state: bytes(mine + profileId) }));
      await store.commit(tag, undefined, mark(1), write(tag));
      await store.commit(other, undefined, mark(1), [{ profileId: 'lonely', state: bytes('1') }]);
      const { profiles } = await rival.read(tag, odd);
      expect(profiles.map((profile) => text(profile!.state))).toEqual(odd.map((profileId) => tag + profileId));
      expect((await collect(store.list(tag))).toSorted()).toEqual(odd.toSorted());
      expect(await collect(store.list(other))).toEqual(['lonely']);
      expect(await store.hasProfiles(tag.replace('e1', 'e?'))).toBe(false);
    });

    test.each(['', 'x'.repeat(1025), '\ud800'])(
      'a profile id that no key can hold is refused (%#)',
      async (profileId) => {
        const writes = [{ profileId, state: bytes('1') }];
        await expect(store.commit(tag, undefined, mark(1), writes)).rejects.toMatchObject({ code: 'BadData' });
        expect((await store.read(tag, [])).watermark).toBeUndefined();
      },
    );

    test('a cleared partition is as if it had never been, and its neighbours stay', async () => {
      const other = `${tag}0`;
      const writes = Array.from({ length: 300 }, (_, index) => ({
        profileId: `user-${index}`,
        state: bytes('1'),
        ids: { append: bytes('x') },
      }));
      for (const one of [tag, other]) await store.commit(one, undefined, mark(1), writes);
      await store.clear(tag);
      expect(await rival.read(tag, ['user-7'])).toEqual({ watermark: undefined, profiles: [undefined] });
      expect(await rival.hasProfiles(tag)).toBe(false);
      expect(await collect(rival.list(other))).toHaveLength(300);
      expect(await rival.commit(tag, mark(1), mark(2), [])).toBe('conflict');
      await rival.commit(tag, undefined, mark(1), [{ profileId: 'user-7', state: bytes('2') }]);
      expect(text((await store.read(tag, ['user-7'])).profiles[0]!.ids)).toBe('');
    });

    test('a clearing that is broken off anywhere leaves no ids without their profile', async () => {
      const names = Array.from({ length: 500 }, (_, index) => `user-${index}`);
      const writes = names.map((profileId) => ({ profileId, state: bytes('1'), ids: { append: bytes('x') } }));
      await store.commit(tag, undefined, mark(1), writes);
      let isCleared = false;
      const clearing = store.clear(tag).then(() => (isCleared = true));
      const seen = new Set<string>();
      while (!isCleared) {
        for (const profile of (await rival.read(tag, names)).profiles) if (profile) seen.add(text(profile.ids));
        await new Promise(setImmediate);
      }
      await clearing;
      // What is seen last of a profile is that its ids are gone; whoever finds one clears again.
      expect(seen).toContain('');
    });

    test('who closes leaves others open', async () => {
      const third = await harness.open();
      await third.commit(tag, undefined, mark(1), [{ profileId: 'a', state: bytes('1') }]);
      await third.close();
      expect(await store.commit(tag, mark(1), mark(2), [{ profileId: 'a', state: bytes('2') }])).toBe('committed');
      expect(text((await rival.get([{ tag, profileId: 'a' }]))[0]!)).toBe('2');
    });

    noteContract(() => ({ store, rival, tag }));

    test('get reads states of several partitions in the order asked for', async () => {
      const other = `${tag}9`;
      await store.commit(tag, undefined, mark(1), [{ profileId: 'a', state: bytes('1') }]);
      await store.commit(other, undefined, mark(1), [{ profileId: 'a', state: bytes('2') }]);
      const keys = [
        { tag: other, profileId: 'a' },
        { tag, profileId: 'none' },
        { tag, profileId: 'a' },
        { tag: other, profileId: 'a' },
      ];
      expect((await rival.get(keys)).map((state) => state && text(state))).toEqual(['2', undefined, '1', '2']);
      expect((await rival.get([keys[2]!])).map((state) => state && text(state))).toEqual(['1']);
      expect(await rival.get([keys[1]!])).toEqual([undefined]);
      expect(await rival.get([])).toEqual([]);
    });
  });
}
