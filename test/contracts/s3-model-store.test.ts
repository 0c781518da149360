/** The S3 model store on a real S3 server: the contract of `ModelStore`, and what only a server can do to it. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectModelStore, connectRunParts } from '../../services/shared/adapters/connect-model-store.ts';
import { S3Segments } from '../../services/shared/adapters/s3-segments.ts';
import { openBucket } from '../../services/shared/adapters/s3/bucket.ts';
import { S3ModelStore } from '../../services/shared/adapters/s3-model-store.ts';
import { SegmentArchive } from '../../services/shared/archive/segment-archive.ts';
import { segmentName } from '../../services/shared/archive/segment-name.ts';
import { allOf, eventLine, recordAt } from '../../services/shared/archive/test-log.ts';
import type { ArchivePlace } from '../../services/shared/archive.ts';
import { modelStoreOf, type ModelStoreEnv, type S3Connection } from '../../services/shared/model-store-connection.ts';
import { createAuthority } from '../testbed/authority.ts';
import { startS3, type RunningS3 } from '../testbed/s3/s3.ts';
import { unique } from '../testbed/unique.ts';
import { archiveBesideOthers } from './archive-beside-others.ts';
import { modelStoreContract } from './model-store.ts';
import { runPartsContract } from './run-parts.ts';
import { segmentStoreContract } from './segment-store.ts';

let s3: RunningS3;
beforeAll(async () => {
  s3 = await startS3();
}, 900_000);
afterAll(() => s3?.stop());

const envOf = ({ endpoint, bucket, credentials }: RunningS3, changes: ModelStoreEnv = {}): ModelStoreEnv => ({
  LIKENESS_S3_ENDPOINT: endpoint,
  LIKENESS_S3_BUCKET: bucket,
  LIKENESS_S3_PREFIX: `default/${unique('shop')}`,
  LIKENESS_S3_CREDENTIALS: credentials,
  ...changes,
});

const connectionOf = (env: ModelStoreEnv): S3Connection => (modelStoreOf(env) as { readonly s3: S3Connection }).s3;
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const files = new Map([
  ['manifest.json', Buffer.from('{"v":1}')],
  ['sr.matrix', Buffer.alloc(100_000, 7)],
]);

modelStoreContract('S3', () => {
  const env = envOf(s3);
  return Promise.resolve({ open: () => connectModelStore(env), close: () => Promise.resolve() });
});

runPartsContract('S3', () => {
  const env = envOf(s3);
  return Promise.resolve({ open: (run) => connectRunParts(env, run), close: () => Promise.resolve() });
});

function startSegments() {
  const connection = connectionOf(envOf(s3));
  const bucket = openBucket(connection);
  const open = (place: ArchivePlace) => new S3Segments(bucket, connection.prefix, place);
  return Promise.resolve({ open, close: () => Promise.resolve(bucket.close()) });
}

segmentStoreContract('S3', startSegments);
archiveBesideOthers('S3', startSegments, 5);

it('lists more segments than S3 gives in one page, each with its size', async () => {
  const { open, close } = await startSegments();
  const store = open({ pipeline: 'default.shop', stream: 'events-clean', epoch: 1 });
  const segments = Array.from({ length: 1100 }, (_, at) => ({ partition: 0, first: at, last: at, maxTime: at }));
  for (let at = 0; at < segments.length; at += 50)
    await Promise.all(
      segments.slice(at, at + 50).map((each) => store.create(each, Buffer.alloc(1 + (each.first % 9)))),
    );
  const listed = (await store.list(0)).toSorted((a, b) => a.first - b.first);
  expect(listed).toEqual(segments.map((each) => ({ ...each, bytes: 1 + (each.first % 9) })));
  await close();
});

it('says which segment was cut short, and gives nothing of it', async () => {
  const connection = connectionOf(envOf(s3));
  const place: ArchivePlace = { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 };
  const archive = new SegmentArchive(new S3Segments(openBucket(connection), connection.prefix, place));
  const segment = await archive.append({ partition: 0, first: 0, last: 0 }, [recordAt(0, [eventLine('e-0')])]);
  s3.damage(`${connection.prefix}/archive/default.shop/events-clean.e1/${segmentName(segment)}`);
  await expect(allOf(archive.read({ partition: 0, from: 0 }))).rejects.toMatchObject({
    code: 'BadData',
    message: expect.stringContaining(segmentName(segment)),
  });
});

describe('S3ModelStore', () => {
  let env: ModelStoreEnv;
  const open = (changes: ModelStoreEnv = {}) => connectModelStore({ ...env, ...changes });
  beforeAll(() => {
    env = envOf(s3);
  });
  afterEach(() => {
    env = envOf(s3);
  });

  it('shows nothing of an artifact whose writer died, and takes the next one who writes the same', async () => {
    const bucket = openBucket(connectionOf(env));
    const dying = new S3ModelStore(
      { ...bucket, create: async (key, body) => (key.includes('/complete/') ? died() : bucket.create(key, body)) },
      env.LIKENESS_S3_PREFIX!,
    );
    const digest = digestOf('half');
    await expect(dying.put(digest, files)).rejects.toThrow('died');
    expect(await open().list()).toEqual([]);
    await expect(open().get(digest)).rejects.toMatchObject({ code: 'NotFound' });
    await open().put(digest, files);
    expect([...(await open().get(digest)).keys()]).toEqual([...files.keys()]);
  });

  it('does not take what another file of the same name holds for its own', async () => {
    const digest = digestOf('taken');
    const key = `${env.LIKENESS_S3_PREFIX}/artifacts/${digest}/manifest.json`;
    await openBucket(connectionOf(env)).replace(key, Buffer.from('other'));
    await expect(open().put(digest, files)).rejects.toMatchObject({
      code: 'ModelInvalid',
      message: expect.stringContaining(`${key} is there already`),
    });
    expect(await open().list()).toEqual([]);
  });

  it('notices a file that is cut short or gone', async () => {
    const digest = digestOf('damaged');
    await open().put(digest, files);
    const key = `${env.LIKENESS_S3_PREFIX}/artifacts/${digest}/sr.matrix`;
    s3.damage(key);
    await expect(open().get(digest)).rejects.toMatchObject({
      code: 'ModelInvalid',
      message: expect.stringContaining('another SHA-256'),
    });
    await openBucket(connectionOf(env)).remove(key);
    await expect(open().get(digest)).rejects.toMatchObject({
      code: 'ModelInvalid',
      message: expect.stringContaining('sr.matrix is missing'),
    });
  });

  it('lists more models than S3 gives in one page', async () => {
    const bucket = openBucket(connectionOf(env));
    const digests = Array.from({ length: 1100 }, (_, at) => digestOf(`many ${at}`)).toSorted();
    for (let at = 0; at < digests.length; at += 50)
      await Promise.all(
        digests
          .slice(at, at + 50)
          .map((digest) => bucket.create(`${env.LIKENESS_S3_PREFIX}/complete/${digest}.json`, Buffer.from('{}'))),
      );
    expect(await open().list()).toEqual(digests);
  });

  it('goes on with the keys of a Secret that was exchanged', async () => {
    const store = open();
    await store.put(digestOf('before'), files);
    const keys = { accessKeyId: 'likeness', secretAccessKey: 'second-secret-of-the-tests' };
    await s3.exchangeKeys(keys);
    const waiting = store.get(digestOf('before'));
    s3.writeCredentials(keys);
    expect((await waiting).size).toBe(2);
  });

  it('waits for a server that is away, and says so where it stays away', async () => {
    const store = open();
    await s3.kill();
    const put = store.put(digestOf('away'), files);
    await s3.start();
    await put;
    const nobody = { LIKENESS_S3_ENDPOINT: 'http://127.0.0.1:1' };
    const impatient = new S3ModelStore(
      openBucket(connectionOf({ ...env, ...nobody }), { sleep: () => Promise.resolve() }),
      'p',
    );
    await expect(impatient.list()).rejects.toMatchObject({
      code: 'StoreUnavailable',
      retryable: true,
      message: expect.stringMatching(
        /GET models\/p\/complete\/ had no answer of S3 at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
      ),
    });
  });

  it('says what to do about a bucket that there is not, and a region that is another one', async () => {
    await expect(open({ LIKENESS_S3_BUCKET: 'elsewhere' }).put(digestOf('a'), files)).rejects.toMatchObject({
      code: 'BadConfig',
      retryable: false,
      message: expect.stringMatching(
        /\(NoSuchBucket: .*Make the bucket elsewhere, or correct spec\.modelStore\.s3\.bucket/,
      ),
    });
    await expect(open({ LIKENESS_S3_REGION: 'mars-1' }).list()).rejects.toMatchObject({
      code: 'BadConfig',
      message: expect.stringContaining('elsewhere than in mars-1'),
    });
  });

  it('says what to do about keys that are refused, without naming them', async () => {
    s3.writeCredentials({ accessKeyId: 'nobody', secretAccessKey: 'wrong-secret' });
    const store = new S3ModelStore(openBucket(connectionOf(env), { sleep: () => Promise.resolve() }), 'p');
    const error = await store.list().catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({
      code: 'BadConfig',
      message: expect.stringContaining('spec.modelStore.s3.secretRef'),
    });
    expect((error as Error).message).not.toContain('wrong-secret');
    s3.writeCredentials({ accessKeyId: 'likeness', secretAccessKey: 'second-secret-of-the-tests' });
  });
});

describe('by TLS', () => {
  it('trusts the authority that it is told of, and no other', async () => {
    const [folder, other] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'likeness-s3-tls-'))) as [string, string];
    const authority = await createAuthority(folder);
    const secured = await startS3(authority);
    try {
      const env = envOf(secured, { LIKENESS_S3_CA: authority.ca });
      await connectModelStore(env).put(digestOf('secret'), files);
      expect(await connectModelStore(env).list()).toEqual([digestOf('secret')]);
      const { LIKENESS_S3_CA: _ca, ...untrusting } = env;
      const bucket = openBucket(connectionOf(untrusting), { sleep: () => Promise.resolve() });
      await expect(bucket.get('x')).rejects.toMatchObject({ message: expect.stringContaining('certificate') });
      // A Secret that is exchanged is another file of the same name.
      const ca = join(folder, 'exchanged.pem');
      copyFileSync((await createAuthority(other)).ca, ca);
      const exchanging = openBucket(connectionOf({ ...env, LIKENESS_S3_CA: ca }), { sleep: () => Promise.resolve() });
      await expect(exchanging.get('x')).rejects.toMatchObject({ message: expect.stringContaining('certificate') });
      copyFileSync(authority.ca, ca);
      expect(await exchanging.get('x')).toBeUndefined();
      exchanging.close();
    } finally {
      await secured.stop();
      for (const made of [folder, other]) rmSync(made, { recursive: true });
    }
  });
});

function died(): Promise<never> {
  return Promise.reject(new Error('the writer died'));
}
