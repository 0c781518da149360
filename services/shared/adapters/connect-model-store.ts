/** Chooses where models, the parts of trainings and the archive are kept: a bucket of S3 where one is named, else a folder. */
import type { Archive, ArchivePlace } from '../archive.ts';
import { SegmentArchive } from '../archive/segment-archive.ts';
import { LikenessError } from '../errors.ts';
import { modelStoreOf, type ModelStoreEnv } from '../model-store-connection.ts';
import type { ModelStore } from '../model-store.ts';
import type { ReplaceableParts, RunPlace } from '../run-parts.ts';
import { DirectoryModelStore } from './directory-model-store.ts';
import { DirectoryRunParts } from './directory-run-parts.ts';
import { DirectorySegments } from './directory-segments.ts';
import { S3ModelStore } from './s3-model-store.ts';
import { S3RunParts } from './s3-run-parts.ts';
import { S3Segments } from './s3-segments.ts';
import { openBucket } from './s3/bucket.ts';

/** Throws `BadConfig` where neither is named, or something of the bucket is missing. */
export function connectModelStore(env: ModelStoreEnv): ModelStore {
  const where = placeOf(env);
  return 'folder' in where
    ? new DirectoryModelStore(where.folder)
    : new S3ModelStore(openBucket(where.s3), where.s3.prefix);
}

/** Throws as `connectModelStore` does. */
export function connectRunParts(env: ModelStoreEnv, run: RunPlace): ReplaceableParts {
  const where = placeOf(env);
  return 'folder' in where
    ? new DirectoryRunParts(where.folder, run)
    : new S3RunParts(openBucket(where.s3), where.s3.prefix, run);
}

/** Throws as `connectModelStore` does. `onStray` hears of what lies in the archive and is nothing of it, at every look. */
export function connectArchive(env: ModelStoreEnv, place: ArchivePlace, onStray?: (name: string) => void): Archive {
  const where = placeOf(env);
  const store =
    'folder' in where
      ? new DirectorySegments(where.folder, place, onStray)
      : new S3Segments(openBucket(where.s3), where.s3.prefix, place, onStray);
  return new SegmentArchive(store);
}

function placeOf(env: ModelStoreEnv) {
  const where = modelStoreOf(env);
  if (where !== undefined) return where;
  throw new LikenessError(
    'BadConfig',
    'LIKENESS_MODELS is not set: it names the folder of the model artifacts. For a bucket set LIKENESS_S3_BUCKET.',
  );
}
