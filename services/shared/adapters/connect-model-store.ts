/** Chooses the model store from the environment: today a folder. */
import { LikenessError } from '../errors.ts';
import type { ModelStore } from '../model-store.ts';
import { DirectoryModelStore } from './directory-model-store.ts';

/** Throws `BadConfig` without LIKENESS_MODELS. */
export function connectModelStore(config: { readonly LIKENESS_MODELS?: string | undefined }): ModelStore {
  if (!config.LIKENESS_MODELS)
    throw new LikenessError('BadConfig', 'LIKENESS_MODELS is not set: it names the folder of the model artifacts');
  return new DirectoryModelStore(config.LIKENESS_MODELS);
}
