/** A real profile store that counts its reads and fails on demand, and a model store in memory. */
import { LikenessError } from '../../services/shared/errors.ts';
import type { ModelStore } from '../../services/shared/model-store.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';

export interface SpiedProfileStore {
  readonly store: ProfileStore;
  /** Keys asked for by each `get`. */
  gets: number[];
  /** What `get` and `check` reject with. */
  failure: Error | undefined;
}

export function spyOn(inner: ProfileStore, failure: Error | undefined): SpiedProfileStore {
  const guard = () => (spied.failure ? Promise.reject(spied.failure) : undefined);
  const store: ProfileStore = Object.assign(Object.create(inner) as ProfileStore, {
    get: (keys: Parameters<ProfileStore['get']>[0]) => {
      spied.gets.push(keys.length);
      return guard() ?? inner.get(keys);
    },
    check: () => guard() ?? inner.check(),
  });
  const spied: SpiedProfileStore = { store, gets: [], failure };
  return spied;
}

export class MemoryModelStore implements ModelStore {
  readonly #artifacts = new Map<string, ReadonlyMap<string, Uint8Array>>();

  async put(digest: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#artifacts.set(digest, files);
  }

  async get(digest: string): Promise<Map<string, Uint8Array>> {
    const files = this.#artifacts.get(digest);
    if (files) return new Map(files);
    throw new LikenessError('NotFound', `There is no artifact ${digest}`);
  }

  async list(): Promise<string[]> {
    return [...this.#artifacts.keys()];
  }
}
