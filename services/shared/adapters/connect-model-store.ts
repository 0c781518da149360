/** Chooses the model store from the environment: a bucket of S3 where one is named, else a folder. */
import { LikenessError } from '../errors.ts';
import { modelStoreOf, type ModelStoreEnv } from '../model-store-connection.ts';
import type { ModelStore } from '../model-store.ts';
import { DirectoryModelStore } from './directory-model-store.ts';
import { S3ModelStore } from './s3-model-store.ts';
import { openBucket } from './s3/bucket.ts';

/** Throws `BadConfig` where neither is named, or something of the bucket is missing. */
export function connectModelStore(env: ModelStoreEnv): ModelStore {
  const where = modelStoreOf(env);
  if (where === undefined)
    throw new LikenessError(
      'BadConfig',
      'LIKENESS_MODELS is not set: it names the folder of the model artifacts. For a bucket set LIKENESS_S3_BUCKET.',
    );
  return 'folder' in where
    ? new DirectoryModelStore(where.folder)
    : new S3ModelStore(openBucket(where.s3), where.s3.prefix);
}
