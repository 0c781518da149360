import { expect, it, vi } from 'vitest';
import { openBucket } from './bucket.ts';
import type { S3Answer, S3Request } from './send.ts';

const connection = {
  endpoint: 'http://s3',
  bucket: 'models',
  prefix: 'p',
  region: 'us-east-1',
  pathStyle: true,
  credentials: '/nowhere',
};

const answer = (status: number, text = ''): S3Answer => ({ status, body: Buffer.from(text) });
const refused = (status: number, code: string) =>
  answer(status, `<Error><Code>${code}</Code><Message>no</Message></Error>`);

/** Answers in turn; the last one for ever. */
function bucketThat(...answers: (S3Answer | Error)[]) {
  const asked: S3Request[] = [];
  const pauses: number[] = [];
  const send = vi.fn((request: S3Request) => {
    asked.push(request);
    const next = answers.length > 1 ? answers.shift()! : answers[0]!;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  });
  const sleep = (ms: number) => Promise.resolve(pauses.push(ms));
  return { bucket: openBucket(connection, { send, sleep, random: () => 1 }), asked, pauses };
}

it('tries again what may pass, with longer pauses, and gives up at last', async () => {
  const { bucket, asked, pauses } = bucketThat(refused(503, 'SlowDown'));
  await expect(bucket.get('k')).rejects.toMatchObject({
    code: 'StoreUnavailable',
    retryable: true,
    message: 'S3 at http://s3 answered GET models/k with 503 (SlowDown: no).',
  });
  expect(asked).toHaveLength(8);
  expect(pauses).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

it.each([
  ['a lost socket', new Error('socket hang up')],
  ['an error of the server', refused(500, 'InternalError')],
  ['a rival at this moment', refused(409, 'ConditionalRequestConflict')],
  ['a request that came too slowly', refused(400, 'RequestTimeout')],
  ['keys that are being exchanged', refused(403, 'InvalidAccessKeyId')],
])('goes on after %s', async (_, first) => {
  const { bucket, asked } = bucketThat(first, answer(200, 'content'));
  expect((await bucket.get('k'))?.toString()).toBe('content');
  expect(asked).toHaveLength(2);
});

it.each([
  [refused(403, 'AccessDenied'), /s3:ListBucket on models and s3:GetObject/],
  [refused(404, 'NoSuchBucket'), /Make the bucket models/],
  [refused(301, 'PermanentRedirect'), /elsewhere than in us-east-1/],
  [refused(501, 'NotImplemented'), /lacks conditional writes/],
  [answer(405, '<html>'), /are those of S3/],
])('says what to do about %j, at once', async (given, advice) => {
  const { bucket, asked } = bucketThat(given);
  await expect(bucket.get('k')).rejects.toMatchObject({ code: 'BadConfig', message: expect.stringMatching(advice) });
  expect(asked).toHaveLength(1);
});

it('creates under a condition, and tells what was there already', async () => {
  const { bucket, asked } = bucketThat(answer(200), refused(412, 'PreconditionFailed'));
  expect(await bucket.create('k', Buffer.from('1'))).toBe('created');
  expect(await bucket.create('k', Buffer.from('1'))).toBe('exists');
  expect(asked.map(({ headers }) => headers)).toEqual([{ 'if-none-match': '*' }, { 'if-none-match': '*' }]);
});

it('follows the pages of a list, whose keys and tokens are escaped', async () => {
  const page = (keys: string, more: string) => answer(200, `<ListBucketResult>${keys}${more}</ListBucketResult>`);
  const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b&#43;&#x2F;</NextContinuationToken>';
  const { bucket, asked } = bucketThat(
    page(
      '<Contents><Key>p/&lt;1&gt;</Key><Size>7</Size></Contents><Contents><Size>8</Size><Key>p/2</Key></Contents>',
      more,
    ),
    page('<Contents><Key>p/3</Key></Contents>', '<IsTruncated>false</IsTruncated>'),
  );
  const sizes = [
    ['p/<1>', 7],
    ['p/2', 8],
    ['p/3', 0],
  ] as const;
  expect([...(await bucket.sizes('p/'))]).toEqual(sizes);
  expect(asked.map(({ query }) => query)).toEqual([
    { 'list-type': '2', prefix: 'p/' },
    { 'list-type': '2', prefix: 'p/', 'continuation-token': 'a&b+/' },
  ]);
});

it('does not take another page of the web for an empty bucket', async () => {
  const { bucket } = bucketThat(answer(200, '<html>Sign in</html>'));
  await expect(bucket.list('p/')).rejects.toMatchObject({ message: expect.stringContaining('no list of keys') });
});
