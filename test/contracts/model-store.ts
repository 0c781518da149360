/** The contract of `ModelStore`, run against every implementation. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelStore } from '../../services/shared/model-store.ts';

export interface ModelStoreUnderTest {
  /** A store over the same artifacts as every other store that this call's environment has opened. */
  open(): ModelStore;
  close(): Promise<void>;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const filesOf = (...entries: [string, string | Uint8Array][]): Map<string, Uint8Array> =>
  new Map(entries.map(([name, bytes]) => [name, Buffer.from(bytes)]));

export function modelStoreContract(name: string, start: () => Promise<ModelStoreUnderTest>): void {
  describe(`ModelStore contract: ${name}`, () => {
    let environment: ModelStoreUnderTest;
    let store: ModelStore;
    beforeEach(async () => {
      environment = await start();
      store = environment.open();
    });
    afterEach(() => environment.close());

    it('gives back exactly the files that were put, also to another process', async () => {
      const every = Uint8Array.from({ length: 70_000 }, (_, at) => at & 255);
      const files = filesOf(['manifest.json', '{}'], ['sr.matrix', every], ['empty', '']);
      await store.put(digestOf('a'), files);
      for (const reader of [store, environment.open()]) {
        const got = await reader.get(digestOf('a'));
        expect([...got.keys()].sort()).toEqual(['empty', 'manifest.json', 'sr.matrix']);
        for (const [file, bytes] of files) expect(Buffer.from(got.get(file)!).equals(bytes)).toBe(true);
      }
    });

    it('rejects with NotFound what was never put', async () => {
      await expect(store.get(digestOf('nothing'))).rejects.toMatchObject({ code: 'NotFound' });
    });

    it('lists the digests, none at first', async () => {
      expect(await store.list()).toEqual([]);
      await store.put(digestOf('a'), filesOf(['f', '1']));
      await store.put(digestOf('b'), filesOf(['f', '2']));
      expect((await store.list()).sort()).toEqual([digestOf('a'), digestOf('b')].sort());
    });

    it('keeps an artifact as it is when its digest is put again, alone or by many at once', async () => {
      await Promise.all(Array.from({ length: 8 }, () => environment.open().put(digestOf('a'), filesOf(['f', 'same']))));
      await store.put(digestOf('a'), filesOf(['f', 'other']));
      expect(Buffer.from((await store.get(digestOf('a'))).get('f')!).toString()).toBe('same');
      expect(await store.list()).toEqual([digestOf('a')]);
    });

    it('refuses a digest or a file name that could lead elsewhere, and writes nothing then', async () => {
      await expect(store.put('../x', filesOf(['f', '1']))).rejects.toMatchObject({ code: 'BadData' });
      await expect(store.get('../x')).rejects.toMatchObject({ code: 'BadData' });
      for (const file of ['../f', '/f', 'a/b', '', '.hidden'])
        await expect(store.put(digestOf('a'), filesOf(['good', '1'], [file, '2']))).rejects.toMatchObject({
          code: 'BadData',
        });
      expect(await store.list()).toEqual([]);
    });
  });
}
