/** Lets long work hear SIGTERM, which otherwise ends the process at once. */
import { setImmediate as others } from 'node:timers/promises';

/** `isEnding` lets what waits come first, the signal's handler among it: work that computes must ask now and then. */
export async function interruptible<T>(work: (isEnding: () => Promise<boolean>) => Promise<T>): Promise<T> {
  let isToldTo = false;
  const tell = (): void => void (isToldTo = true);
  process.on('SIGTERM', tell);
  try {
    return await work(async () => {
      await others();
      return isToldTo;
    });
  } finally {
    process.off('SIGTERM', tell);
  }
}
