/** Asks the store now and then whether it can be reached: readiness must know it without a request that fails. */
import type { Logger } from 'pino';
import { LikenessError } from '../shared/errors.ts';
import type { ProfileStore } from '../shared/profile-store.ts';

export interface StoreWatch {
  /** In words for a person; undefined: the last check went well. */
  problem(): string | undefined;
  close(): void;
}

export function watchStore(store: Pick<ProfileStore, 'check'>, logger: Logger, everyMs = 2000): StoreWatch {
  let problem: string | undefined = 'the profile store has not answered yet';
  let failing = false;
  let checking = false;

  async function check(): Promise<void> {
    if (checking) return;
    checking = true;
    try {
      await store.check();
      if (failing) logger.info('the profile store can be used again');
      [problem, failing] = [undefined, false];
    } catch (error) {
      const code = error instanceof LikenessError ? error.code : 'StoreUnavailable';
      if (!failing) logger.error({ code, error }, 'the profile store cannot be used');
      [problem, failing] = [`the profile store cannot be used (${code})`, true];
    } finally {
      checking = false;
    }
  }

  void check();
  const timer = setInterval(() => void check(), everyMs);
  return { problem: () => problem, close: () => clearInterval(timer) };
}
