/** The contract of a partition's note: it is committed with the watermark, or not at all, and goes when it is cleared. */
import { expect, test } from 'vitest';
import type { ProfileStore } from '../../services/shared/profile-store.ts';
import { mark, text } from './profile-store-chain.ts';

const bytes = (value: string): Buffer => Buffer.from(value);

export interface NoteHarness {
  readonly store: ProfileStore;
  readonly rival: ProfileStore;
  readonly tag: string;
}

/** `current` gives two stores over the same data, and a partition of which nothing is stored. */
export function noteContract(current: () => NoteHarness): void {
  test('a partition of which nothing was committed has no note', async () => {
    const { store, tag } = current();
    expect(await store.readNote(tag)).toEqual({ watermark: undefined, note: undefined });
    await store.commit(tag, undefined, mark(1), [{ profileId: 'a', state: bytes('1') }]);
    expect(await store.readNote(tag)).toEqual({ watermark: mark(1), note: undefined });
  });

  test('a note comes with its watermark, and stays where a commit leaves it out', async () => {
    const { store, rival, tag } = current();
    const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await store.commit(tag, undefined, { ...mark(1), note: every }, []);
    const first = await rival.readNote(tag);
    expect(first.watermark).toEqual(mark(1));
    expect(Buffer.from(first.note!).equals(every)).toBe(true);
    expect(await rival.hasProfiles(tag)).toBe(false);
    await store.commit(tag, mark(1), mark(2), [{ profileId: 'a', state: bytes('1'), ids: { replace: bytes('x') } }]);
    const second = await rival.readNote(tag);
    expect(second.watermark).toEqual(mark(2));
    expect(Buffer.from(second.note!).equals(every)).toBe(true);
    const writes = [
      { profileId: 'a', state: bytes('2'), ids: { append: bytes('y') } },
      { profileId: 'b', state: bytes('3'), ids: { replace: bytes('z') } },
    ];
    await rival.commit(tag, mark(2), { ...mark(3), note: bytes('new') }, writes);
    expect(text((await store.readNote(tag)).note!)).toBe('new');
    const { profiles } = await store.read(tag, ['a', 'b']);
    expect(profiles.map((one) => [text(one!.state), text(one!.ids)])).toEqual([
      ['2', 'xy'],
      ['3', 'z'],
    ]);
  });

  test('a conflict leaves the note as it is', async () => {
    const { store, rival, tag } = current();
    await store.commit(tag, undefined, { ...mark(1), note: bytes('mine') }, []);
    expect(await rival.commit(tag, undefined, { ...mark(1), note: bytes('other') }, [])).toBe('conflict');
    expect(await rival.commit(tag, mark(9), { ...mark(10), note: bytes('other') }, [])).toBe('conflict');
    expect(text((await store.readNote(tag)).note!)).toBe('mine');
  });

  test('the note of a cleared partition is gone, and that of its neighbour stays', async () => {
    const { store, rival, tag } = current();
    const other = `${tag}0`;
    for (const one of [tag, other]) await store.commit(one, undefined, { ...mark(1), note: bytes(one) }, []);
    await store.clear(tag);
    expect(await rival.readNote(tag)).toEqual({ watermark: undefined, note: undefined });
    expect(text((await rival.readNote(other)).note!)).toBe(other);
  });
}
