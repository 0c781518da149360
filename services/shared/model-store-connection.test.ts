import { expect, it } from 'vitest';
import { modelStoreOf } from './model-store-connection.ts';

const bucket = {
  LIKENESS_S3_BUCKET: 'models',
  LIKENESS_S3_PREFIX: 'default/shop',
  LIKENESS_S3_ENDPOINT: 'http://minio:9000',
  LIKENESS_S3_CREDENTIALS: '/secrets/s3',
};

it('is the folder, or the bucket where one is named', () => {
  expect(modelStoreOf({})).toBeUndefined();
  expect(modelStoreOf({ LIKENESS_MODELS: '/models' })).toEqual({ folder: '/models' });
  expect(modelStoreOf({ LIKENESS_MODELS: '/models', ...bucket })).toEqual({
    s3: {
      endpoint: 'http://minio:9000',
      bucket: 'models',
      prefix: 'default/shop',
      region: 'us-east-1',
      pathStyle: true,
      credentials: '/secrets/s3',
    },
  });
  expect(
    modelStoreOf({
      ...bucket,
      LIKENESS_S3_CA: '/ca.crt',
      LIKENESS_S3_PATH_STYLE: 'false',
      LIKENESS_S3_REGION: 'eu-central-1',
    }),
  ).toMatchObject({ s3: { ca: '/ca.crt', pathStyle: false, region: 'eu-central-1' } });
});

it.each(['LIKENESS_S3_PREFIX', 'LIKENESS_S3_ENDPOINT', 'LIKENESS_S3_CREDENTIALS'])('says that %s is missing', (key) => {
  expect(() => modelStoreOf({ ...bucket, [key]: undefined })).toThrow(`${key} is not set`);
});
