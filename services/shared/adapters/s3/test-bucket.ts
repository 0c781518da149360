/** A bucket of tests, in memory, and what was created in it in its order. */
import type { Bucket } from './bucket.ts';

export interface MemoryBucket {
  readonly bucket: Bucket;
  readonly objects: Map<string, Buffer>;
  readonly created: string[];
}

export function memoryBucket(): MemoryBucket {
  const objects = new Map<string, Buffer>();
  const created: string[] = [];
  const sizes = async (prefix: string) =>
    new Map(
      [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([key, { length }]) => [key, length]),
    );
  const bucket: Bucket = {
    get: async (key) => objects.get(key),
    create: async (key, body) => {
      created.push(key);
      if (objects.has(key)) return 'exists';
      objects.set(key, Buffer.from(body));
      return 'created';
    },
    replace: async (key, body) => void objects.set(key, Buffer.from(body)),
    list: async (prefix) => [...(await sizes(prefix)).keys()],
    sizes,
    remove: async (key) => void objects.delete(key),
    close: () => undefined,
  };
  return { bucket, objects, created };
}
