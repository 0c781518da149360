import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { memoryBucket } from './s3/test-bucket.ts';
import { S3ModelStore } from './s3-model-store.ts';

const digest = createHash('sha256').update('model').digest('hex');
const files = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, Buffer.from(`file ${name}`)]));

it('says that a model is complete when all of its files are there, and writes it once', async () => {
  const { bucket, created } = memoryBucket();
  const store = new S3ModelStore(bucket, 'shops/shop');
  await store.put(digest, files);
  const written = [...files.keys()].map((name) => `shops/shop/artifacts/${digest}/${name}`);
  expect(created).toEqual([...written, `shops/shop/complete/${digest}.json`]);
  await store.put(digest, files);
  expect(created).toHaveLength(6);
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
