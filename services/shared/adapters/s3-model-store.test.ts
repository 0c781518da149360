import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Bucket } from './s3/bucket.ts';
import { S3ModelStore } from './s3-model-store.ts';

/** A bucket in memory, and what is done to it in its order. */
function memoryBucket() {
  const objects = new Map<string, Buffer>();
  const done: string[] = [];
  const bucket: Bucket = {
    get: async (key) => objects.get(key),
    create: async (key, body) => {
      done.push(`create ${key.replace(/[0-9a-f]{64}/, 'DIGEST')}`);
      if (objects.has(key)) return 'exists';
      objects.set(key, Buffer.from(body));
      return 'created';
    },
    replace: async (key, body) => void objects.set(key, Buffer.from(body)),
    list: async (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)),
    sizes: async () => new Map([...objects].map(([key, { length }]) => [key, length])),
    remove: async (key) => void objects.delete(key),
    close: () => undefined,
  };
  return { bucket, done };
}

const digest = createHash('sha256').update('model').digest('hex');
const files = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, Buffer.from(`file ${name}`)]));

it('says that a model is complete when all of its files are there, and writes it once', async () => {
  const { bucket, done } = memoryBucket();
  const store = new S3ModelStore(bucket, 'shops/shop');
  await store.put(digest, files);
  const written = [...files.keys()].map((name) => `create shops/shop/artifacts/DIGEST/${name}`);
  expect(done).toEqual([...written, 'create shops/shop/complete/DIGEST.json']);
  await store.put(digest, files);
  expect(done).toHaveLength(6);
  expect(await store.get(digest)).toEqual(files);
  expect(await store.list()).toEqual([digest]);
});

it('gives out no file that was changed, though it is as long as before', async () => {
  const { bucket } = memoryBucket();
  const store = new S3ModelStore(bucket, 'shops/shop');
  await store.put(digest, files);
  await bucket.replace(`shops/shop/artifacts/${digest}/c`, Buffer.from('file x'));
  await expect(store.get(digest)).rejects.toMatchObject({
    code: 'ModelInvalid',
    message: expect.stringContaining(`artifacts/${digest}/c has another SHA-256`),
  });
});

it('does not take what is no list of files for a model', async () => {
  const { bucket } = memoryBucket();
  await bucket.replace(`shops/shop/complete/${digest}.json`, Buffer.from('{"files":[{"name":"a"}]}'));
  await expect(new S3ModelStore(bucket, 'shops/shop').get(digest)).rejects.toMatchObject({ code: 'ModelInvalid' });
});
