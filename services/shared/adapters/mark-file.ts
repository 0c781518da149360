/** A file that is there or not, on the disk before it counts. */
import { access, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface MarkFile {
  isSet(): Promise<boolean>;
  /** Resolves when it would outlive a power cut. */
  set(): Promise<void>;
  clear(): Promise<void>;
}

/** The folder is there. Every method rejects with the system's own error. */
export function markFile(path: string): MarkFile {
  return {
    isSet: () =>
      access(path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return false;
          throw error;
        },
      ),
    set: async () => {
      await (await open(path, 'w')).close();
      await syncFolder(dirname(path));
    },
    clear: async () => {
      await rm(path, { force: true });
      await syncFolder(dirname(path));
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
