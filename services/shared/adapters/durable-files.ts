/** Files that outlive a crash of the machine once they are there, and folders that may not be. */
import { open, stat } from 'node:fs/promises';

/** Rejects if the file is there. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What was renamed or made in it stays so. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(nothingIfMissing)) !== undefined;
}

/** For `catch`: every other failure goes on. */
export function nothingIfMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT') return undefined;
  throw cause;
}
